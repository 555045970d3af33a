using Migration.Worker.Mapping.Conversions;
using MongoDB.Bson;

namespace Migration.Worker.Mapping;

/// <summary>Why the mapping refuses a record, in words: what was found, what was expected, and what to change.</summary>
internal static class MappingRejections
{
    /// <summary>A row beyond this is refused: PostgreSQL holds a field to 1 GiB, and a row of COPY likewise.</summary>
    public const int MaxRowBytes = 512 * 1024 * 1024;

    /// <summary>Fields that a message names before it says that there are more.</summary>
    public const int MostNames = 5;

    public static RecordRejection Unreadable(BsonFault fault) =>
        new(RecordStage.Read, null, null, $"unreadable document: {fault.Describe()}");

    public static RecordRejection Twice(FieldNode field) => new(
        RecordStage.Map, null, null,
        $"the field '{field.Path}' appears twice in the document, so that no one value is its value. Mend the document.");

    public static RecordRejection Unmapped(List<string> names)
    {
        var more = names.Count > MostNames ? ", ..." : "";
        var list = string.Join(", ", names.Take(MostNames).Select(n => $"'{n}'"));
        return new RecordRejection(
            RecordStage.Map, null, null,
            $"no column takes the fields {list}{more}. Map them in the migration file, or let 'unmapped' ignore or keep them.");
    }

    /// <param name="found">The type of what stands there, which is no value; null where nothing does.</param>
    public static RecordRejection Missing(ColumnStep step, BsonType? found)
    {
        var what = found is { } type ? BsonText.NameOf(type) : "missing";
        var knob = step.IsKey
            ? $"Column '{step.Column.Name}' is in the primary key: choose another key in the migration file, or mend the document."
            : $"Take 'required' from column '{step.Column.Name}' in the migration file to let it be null.";
        return Reject(step, SqlStates.NotNull, $"{step.SourceName} is {what}; column '{step.Column.Name}' must have a value. {knob}");
    }

    public static RecordRejection Refused(ColumnStep step, Refusal refusal, BsonType type, ReadOnlySpan<byte> value)
    {
        var found = refusal.Found ?? BsonText.Describe(type, value);
        return Reject(
            step, refusal.SqlState,
            $"field '{step.Field!.Path}{refusal.Within}' is {found}; {step.TypeName} {refusal.Reason}. {step.Advise(refusal.Advice)}");
    }

    /// <param name="source">The value that the document has.</param>
    /// <param name="value">What the transforms made of it, which the column refused.</param>
    public static RecordRejection Refused(ColumnStep step, Refusal refusal, ColumnValue source, ColumnValue value)
    {
        var found = value == source ? $"{refusal.Found ?? source.ToString()}" : $"{source}, and after its transforms {refusal.Found ?? value.ToString()}";
        var subject = refusal.Transform is null ? step.TypeName : $"transform {refusal.Transform}";
        var within = refusal.Within.Length == 0 ? "" : $" at '{refusal.Within[1..]}'";
        return Reject(step, refusal.SqlState, $"{step.SourceName}{within} is {found}; {subject} {refusal.Reason}. {step.Advise(refusal.Advice)}");
    }

    public static RecordRejection TooLarge(ColumnStep step, int bytes) => Reject(
        step, SqlStates.LimitExceeded,
        $"the row has {bytes} bytes up to column '{step.Column.Name}', and {MaxRowBytes} is the limit. Map fewer columns from the same field.");

    public static RecordRejection Reject(ColumnStep step, string sqlState, string message) =>
        new(RecordStage.Map, step.Column.Name, sqlState, message);
}
