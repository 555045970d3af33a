namespace Migration.Contracts.Migrations;

/// <summary>One step of what a column does to its value before it is written.</summary>
/// <param name="Kind">Which of the named transforms; it decides which of the other members are set.</param>
public sealed record ColumnTransform(TransformKind Kind)
{
    /// <summary>truncate's length in characters (code points).</summary>
    public int? Length { get; init; }

    /// <summary>map's values by the texts that they stand for; a null becomes NULL.</summary>
    public IReadOnlyDictionary<string, string?>? Values { get; init; }

    /// <summary>True when map has a value for texts that it does not list; without one they are refused.</summary>
    public bool HasElse { get; init; }

    /// <summary>map's value for texts that it does not list.</summary>
    public string? Else { get; init; }

    /// <summary>split's separator.</summary>
    public string? Separator { get; init; }

    /// <summary>regex's pattern, of the kind that never goes back in its text.</summary>
    public string? Pattern { get; init; }

    /// <summary>What takes the place of each match of <see cref="Pattern"/>; <c>$1</c> stands for a group.</summary>
    public string? Replacement { get; init; }

    /// <summary>What concat joins.</summary>
    public IReadOnlyList<ConcatPart>? Parts { get; init; }
}

/// <summary>A part of a concat: either a text as it is, or a field's value.</summary>
/// <param name="Text">The text, or null for a field.</param>
/// <param name="Path">The field's path, already split, or null for a text.</param>
public sealed record ConcatPart(string? Text = null, IReadOnlyList<string>? Path = null);

public enum TransformKind
{
    Trim, Lower, Upper, Truncate, Map, Split, Regex, Concat, EpochMillis, EpochSeconds, ObjectIdTime, Slug, Hash,
}
