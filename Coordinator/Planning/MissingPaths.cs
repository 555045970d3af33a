using Migration.Contracts.Migrations;
using MongoDB.Bson;

namespace Migration.Coordinator.Planning;

/// <summary>Paths of a mapping, those of children's tables among them, that no sampled record has.</summary>
internal static class MissingPaths
{
    /// <returns>A sentence for each, none where nothing was sampled.</returns>
    public static IEnumerable<string> Of(CollectionMapping mapping, IReadOnlyList<ReadOnlyMemory<byte>> sample)
    {
        if (sample.Count == 0)
            return [];
        var documents = sample.Select(BsonValue (document) => new RawBsonDocument(document.ToArray())).ToList();
        var seen = FormattableString.Invariant($"none of {sample.Count} sampled records");
        return OfColumns(mapping.Columns, documents, seen, "")
            .Concat((mapping.Children ?? []).SelectMany(child => OfChild(child, documents, seen)))
            .Select(sentence => $"{mapping.Name}: {sentence}");
    }

    /// <param name="owners">The records, or the elements of the child above.</param>
    /// <param name="seen">What a sentence about them begins with.</param>
    private static IEnumerable<string> OfChild(ChildMapping child, List<BsonValue> owners, string seen)
    {
        var found = owners.Select(owner => Find(owner, child.Path)).OfType<BsonValue>().ToList();
        if (found.Count == 0)
            return [$"{seen} has '{child.PathText}', the path of the child on line {child.Line} of the migration file; table {child.Table} would be empty."];
        var elements = found.SelectMany(value => value switch
        {
            BsonArray array => (IEnumerable<BsonValue>)array,
            BsonDocument document => [document],
            _ => [],
        }).ToList();

        // Empty arrays and nulls say nothing of elements.
        if (elements.Count == 0)
            return [];
        seen = FormattableString.Invariant($"none of the {elements.Count} elements of '{child.PathText}' in sampled records");
        return OfColumns(child.Columns, elements, seen, child.Table.Name + ".")
            .Concat((child.Children ?? []).SelectMany(grandchild => OfChild(grandchild, elements, seen)));
    }

    /// <param name="prefix">Of the columns' names, for a child's table.</param>
    private static IEnumerable<string> OfColumns(IEnumerable<ColumnMapping> columns, List<BsonValue> owners, string seen, string prefix) =>
        from column in columns
        from path in column.Sources
        where !owners.Exists(owner => Find(owner, path) is not null)
        select $"{seen} has '{string.Join('.', path)}', the path of column '{prefix}{column.Name}' (line {column.Line} of the migration file); "
            + $"the column would be {(column.Default is null ? "NULL" : "its default")}.";

    /// <returns>What is there, BSON's null as well; null where nothing is.</returns>
    private static BsonValue? Find(BsonValue value, IEnumerable<string> path)
    {
        foreach (var part in path)
        {
            switch (value)
            {
                case BsonDocument document when document.TryGetValue(part, out var field):
                    value = field;
                    break;
                case BsonArray array when int.TryParse(part, out var index) && index >= 0 && index < array.Count:
                    value = array[index];
                    break;
                default:
                    return null;
            }
        }

        return value;
    }
}
