namespace Migration.Contracts.Migrations;

/// <summary>A child's table among those of its collection, with the columns that its parent gives it.</summary>
/// <param name="Child">What the migration file says.</param>
/// <param name="Mapping">
/// The table as a collection's would be: the parent's key, the ordinal, then the element's own columns. Rows have their
/// fields in this order. They are never merged, so its <see cref="CollectionMapping.OnConflict"/> is
/// <see cref="ConflictAction.Fail"/>.
/// </param>
/// <param name="Parent">The table whose key it has, in the same terms.</param>
/// <param name="ParentPlace">That table's place in the list; -1 for the collection's own.</param>
public sealed record ChildTable(ChildMapping Child, CollectionMapping Mapping, CollectionMapping Parent, int ParentPlace)
{
    /// <summary>Columns before the element's own: the parent's key and the ordinal.</summary>
    public int LeadingColumns => Child.ParentKey.Count + 1;

    /// <summary>Every child table of a collection, parents before their children; empty without any.</summary>
    public static IReadOnlyList<ChildTable> Of(CollectionMapping collection)
    {
        var tables = new List<ChildTable>();
        Add(tables, collection, collection.Children, -1);
        return tables;
    }

    /// <summary>How messages, quarantine and steps of enrichment name a column: <c>variants.price</c>.</summary>
    public static string NameOf(CollectionMapping child, string column) => $"{child.Table.Name}.{column}";

    private static void Add(List<ChildTable> tables, CollectionMapping parent, IReadOnlyList<ChildMapping>? children, int place)
    {
        foreach (var child in children ?? [])
        {
            var mapping = MappingOf(child, parent);
            tables.Add(new ChildTable(child, mapping, parent, place));
            Add(tables, mapping, child.Children, tables.Count - 1);
        }
    }

    internal static CollectionMapping MappingOf(ChildMapping child, CollectionMapping parent) => new()
    {
        Name = parent.Name,
        Table = child.Table,
        PrimaryKey = child.PrimaryKey,
        Columns = [.. KeyColumns(child, parent), Leading(child.Ordinal, new ColumnType(ColumnKind.Int4), child.Line), .. child.Columns],
        Unmapped = child.Unmapped,
        AfterLoad = child.AfterLoad,
    };

    private static IEnumerable<ColumnMapping> KeyColumns(ChildMapping child, CollectionMapping parent) =>
        child.ParentKey.Zip(parent.PrimaryKey, (name, key) => Leading(name, parent.Columns.Single(column => column.Name == key).Type, child.Line));

    private static ColumnMapping Leading(string name, ColumnType type, int line) => new(name, [], type, Required: true, line);
}
