namespace Migration.Coordinator.Inference;

/// <summary>What the file says of a column: beside it how often and what, above it what is out of the ordinary.</summary>
internal static class ColumnComments
{
    /// <summary>Such as <c>85.2%; double</c>.</summary>
    public static string Beside(InferredColumn column, long seen)
    {
        if (column.Field is not { } field)
            return "no record was seen";
        var nulls = field.Nulls == 0 ? "" : $", null in {CommentText.Share(field.Nulls, seen)}";
        return $"{CommentText.Share(field.Present, seen)}{nulls}; {CommentText.Types(field)}";
    }

    /// <summary>Lines, none for a column of which there is nothing to say.</summary>
    public static IEnumerable<string> Above(InferredCollection collection, InferredColumn column)
    {
        if (column.Field is not { } field)
            return [];
        return [.. Mixed(column, field), .. Refused(column), .. Key(collection, column, field), .. ChildTableProposal.For(collection, column) ?? []];
    }

    /// <summary>The same for a column of a child's table.</summary>
    public static IEnumerable<string> Above(InferredColumn column) =>
        column.Field is { } field ? [.. Mixed(column, field), .. Refused(column)] : [];

    private static IEnumerable<string> Mixed(InferredColumn column, FieldProfile field)
    {
        if (column.Choice.Wanted is { } wanted)
            yield return $"{wanted} would fit most values, but not all: {column.Choice.Type} keeps them.";
        else if (Candidate.Jsonb.Type == column.Choice.Type && field.Types.Count > 1)
            yield return "Values of several types: jsonb keeps each as it is." + Nearly(field);
    }

    /// <summary>The type that takes nearly all, where one does.</summary>
    private static string Nearly(FieldProfile field)
    {
        var best = Candidate.All.Where(candidate => !candidate.IsJson).MinBy(field.RefusedBy)!;
        var fits = field.Values - field.RefusedBy(best);
        return fits * 10 < field.Values * 9 ? "" : FormattableString.Invariant($" {best.Type} would take {fits:N0} of {field.Values:N0}.");
    }

    private static IEnumerable<string> Refused(InferredColumn column)
    {
        if (column.Choice.Refused > 0)
        {
            yield return FormattableString.Invariant($"{column.Choice.Refused:N0} of the values seen cannot be {column.Choice.Type} in PostgreSQL (a zero character, a date")
                + " out of range, a key twice or the like): quarantine takes their records.";
        }
    }

    private static IEnumerable<string> Key(InferredCollection collection, InferredColumn column, FieldProfile field)
    {
        if (column != collection.Key)
            yield break;
        if (field.Values < collection.Profile.Seen)
            yield return FormattableString.Invariant($"{collection.Profile.Seen - field.Values:N0} records have no _id or null: a key must have a value, quarantine takes them.");
        if (column.Choice.Type == Candidate.Jsonb.Type)
            yield return "As jsonb, keys of different types stay different; two subdocuments with the same fields in another order do not.";
    }
}
