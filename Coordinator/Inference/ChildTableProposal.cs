using MongoDB.Bson;

namespace Migration.Coordinator.Inference;

/// <summary>
/// An array of documents as a table of its own. A comment for the reader of the file; the one place to make it a part of
/// the mapping once the migration file can say child tables.
/// </summary>
internal static class ChildTableProposal
{
    private const int MostColumnsShown = 8;

    /// <summary>Null where the elements are not all documents with known fields.</summary>
    public static IReadOnlyList<string>? For(InferredCollection collection, InferredColumn column)
    {
        if (column.Field?.Elements is not { Types.Count: 1, Children.Count: > 0 } elements || !elements.Types.ContainsKey(BsonType.Document))
            return null;
        var names = new ColumnNames();
        var key = names.Take([collection.Table, collection.Key.Name]);
        var ordinal = names.Take(["ordinal"]);
        var columns = elements.Children.Where(child => child.Values > 0).Select(child => $"{names.Take([child.Name])} {TypeChoice.Of(child).Type}").ToList();
        var more = columns.Count > MostColumnsShown ? $", and {columns.Count - MostColumnsShown} more" : "";
        return
        [
            FormattableString.Invariant($"An array of documents, at most {column.Field.LongestArray:N0} in one. As a table of its own it would be"),
            $"{collection.Table}_{column.Name} ({key}, {ordinal}, {string.Join(", ", columns.Take(MostColumnsShown))}{more}).",
        ];
    }
}
