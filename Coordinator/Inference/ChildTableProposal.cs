namespace Migration.Coordinator.Inference;

/// <summary>
/// An array of documents as a table of its own, in a comment for the reader of the file. <c>--child-tables</c> makes it a part
/// of the mapping (<see cref="InferredChild"/>).
/// </summary>
internal static class ChildTableProposal
{
    private const int MostColumnsShown = 8;

    /// <summary>Null where the elements are not all documents with known fields.</summary>
    public static IReadOnlyList<string>? For(InferredCollection collection, InferredColumn column)
    {
        if (column.Field is not { } field || !InferredFields.IsOfDocuments(field))
            return null;
        var elements = field.Elements!;
        var names = new ColumnNames();
        var key = names.Take([collection.Table, collection.Key.Name]);
        var ordinal = names.Take(["ordinal"]);
        var columns = elements.Children.Where(child => child.Values > 0).Select(child => $"{names.Take([child.Name])} {TypeChoice.Of(child).Type}").ToList();
        var more = columns.Count > MostColumnsShown ? $", and {columns.Count - MostColumnsShown} more" : "";
        return
        [
            FormattableString.Invariant($"An array of documents, at most {field.LongestArray:N0} in one. As a table of its own (--child-tables) it would be"),
            $"{collection.Table}_{column.Name} ({key}, {ordinal}, {string.Join(", ", columns.Take(MostColumnsShown))}{more}).",
        ];
    }
}
