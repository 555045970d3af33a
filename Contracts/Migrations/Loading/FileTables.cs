namespace Migration.Contracts.Migrations.Loading;

/// <summary>The tables of a file that is being read: those of its collections, and those of their children.</summary>
internal sealed class FileTables
{
    private readonly IReadOnlyList<CollectionMapping> _collections;
    private readonly IReadOnlyList<CollectionMapping> _all;

    private FileTables(IReadOnlyList<CollectionMapping> collections, IReadOnlyList<CollectionMapping> all) => (_collections, _all) = (collections, all);

    public static FileTables Of(IReadOnlyList<CollectionMapping> collections) => new(collections, [.. collections.SelectMany(WithChildren)]);

    public IReadOnlyList<string> CollectionNames => [.. _collections.Select(collection => collection.Name)];

    public CollectionMapping? Collection(string name) => _collections.FirstOrDefault(collection => collection.Name == name);

    /// <summary>Also one of a child, in the terms of a collection's.</summary>
    public CollectionMapping? Table(TableName name) => _all.FirstOrDefault(table => table.Table == name);

    /// <summary>
    /// A collection's or child's children in the terms of collections, in their order. None where a key is not of columns
    /// that are there: that is a mistake of its own, and their columns have no types then.
    /// </summary>
    public static IReadOnlyList<CollectionMapping> ChildrenOf(CollectionMapping parent)
    {
        var isWhole = parent.PrimaryKey.All(key => parent.Columns.Count(column => column.Name == key) == 1)
            && (parent.Children ?? []).All(child => child.ParentKey.Count == parent.PrimaryKey.Count);
        return isWhole ? [.. (parent.Children ?? []).Select(child => ChildTable.MappingOf(child, parent) with { Children = child.Children })] : [];
    }

    private static IEnumerable<CollectionMapping> WithChildren(CollectionMapping table) => ChildrenOf(table).SelectMany(WithChildren).Prepend(table);
}

/// <summary>A table of the file with the section that describes it.</summary>
/// <param name="Mapping">A child's in the terms of a collection's.</param>
/// <param name="Parent">Null for a collection's own.</param>
internal sealed record OwnedTable(SectionReader Section, CollectionMapping Mapping, OwnedTable? Parent);
