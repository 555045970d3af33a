namespace Migration.Worker.Mapping.Conversions;

/// <summary>Why a column cannot take a value; the mapper adds the field, the column and the knob.</summary>
/// <param name="SqlState">What PostgreSQL would say.</param>
/// <param name="Reason">What follows the column's type, e.g. <c>cannot hold it</c>.</param>
/// <param name="Advice">What the user may turn.</param>
internal sealed record Refusal(string SqlState, string Reason, Advice Advice)
{
    /// <summary>Where in the value the fault is, e.g. <c>.3</c> for an array's fourth element; empty for all of it.</summary>
    public string Within { get; init; } = "";

    /// <summary>The transform that refused, which then stands in the type's place; null for the column.</summary>
    public string? Transform { get; init; }

    /// <summary>The faulty part in words, where it is only a part.</summary>
    public string? Found { get; init; }

    public static readonly Refusal WrongType =
        new(SqlStates.InvalidText, "takes no value of this type", Advice.ChangeType);

    public static readonly Refusal OutOfRange = new(SqlStates.OutOfRange, "cannot hold it", Advice.Widen);

    public static readonly Refusal Inexact =
        new(SqlStates.OutOfRange, "cannot hold it without rounding", Advice.Widen);

    public static readonly Refusal DateOutOfRange =
        new(SqlStates.DateOutOfRange, "has no such date", Advice.ChangeType);

    public static readonly Refusal InvalidUtf8 =
        new(SqlStates.BadCharacter, "cannot hold text that is not valid UTF-8", Advice.MendText);

    public static readonly Refusal NulInText =
        new(SqlStates.BadCharacter, "cannot hold text with a zero character", Advice.MendText);

    public static readonly Refusal AmbiguousUuid = new(
        SqlStates.InvalidText,
        "cannot take it: a binary of subtype 3 does not say in which order its bytes make a UUID",
        Advice.KeepBytes);

    public static Refusal Unreadable(BsonFault fault) =>
        new(SqlStates.InvalidText, $"cannot be made of an unreadable value: {fault.Describe()}", Advice.Mend);
}

/// <summary>The knobs that a message may name.</summary>
internal enum Advice
{
    Widen,
    ChangeType,
    MendText,
    KeepBytes,
    Mend,
    UseJson,
    UseInet,
    AddLabel,
    ChangeTransform,
}
