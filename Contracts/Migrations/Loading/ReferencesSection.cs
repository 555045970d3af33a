namespace Migration.Contracts.Migrations.Loading;

/// <summary>
/// What tables say of each other: foreign keys, and columns with <c>references</c>. Read when all of them are known.
/// </summary>
/// <param name="all">Every collection of the file, with its indexes.</param>
/// <param name="database">The source's; null where the file does not tell.</param>
internal sealed class ReferencesSection(IReadOnlyList<CollectionMapping> all, string defaultSchema, string? database)
{
    public const string Key = "references";

    private static readonly string[] NotBeside = ["constant", "default", "enriched", "transform"];

    private const string Expected = "the name of a collection of this file";

    private readonly FileTables _tables = FileTables.Of(all);

    public CollectionMapping Read(SectionReader collection, CollectionMapping mapping)
    {
        var whole = ReadTable(new OwnedTable(collection, mapping, null));
        return whole with { Children = ReadChildren(collection, mapping) };
    }

    /// <summary>The sections and tables of children, parents before their children; those whose keys are a mistake are left out.</summary>
    public static IEnumerable<OwnedTable> TablesOf(SectionReader owner, CollectionMapping mapping, OwnedTable? parent = null)
    {
        var own = new OwnedTable(owner, mapping, parent);
        return FileTables.ChildrenOf(mapping)
            .SelectMany((child, index) => TablesOf(ChildrenSection.SectionOf(owner, index), child, own)).Prepend(own);
    }

    private IReadOnlyList<ChildMapping>? ReadChildren(SectionReader owner, CollectionMapping parent)
    {
        var children = FileTables.ChildrenOf(parent);
        return children.Count == 0 ? parent.Children : [.. parent.Children!.Select((child, index) =>
        {
            var section = ChildrenSection.SectionOf(owner, index);
            var whole = ReadTable(new OwnedTable(section, children[index], new OwnedTable(owner, parent, null)));
            return child with
            {
                Columns = [.. whole.Columns.Skip(child.ParentKey.Count + 1)],
                AfterLoad = whole.AfterLoad,
                Children = ReadChildren(section, children[index]),
            };
        })];
    }

    private CollectionMapping ReadTable(OwnedTable table)
    {
        var keys = new ForeignKeySection(table, _tables, defaultSchema).Read().ToList();
        return table.Mapping with
        {
            Columns = [.. table.Mapping.Columns.Select(column => ReadColumn(table, column, keys))],
            AfterLoad = keys.Count == 0 ? table.Mapping.AfterLoad : (table.Mapping.AfterLoad ?? AfterLoad.Default) with { ForeignKeys = keys },
        };
    }

    /// <param name="keys">The column's foreign key is added, unless the file says more of it in a list.</param>
    private ColumnMapping ReadColumn(OwnedTable table, ColumnMapping column, List<ForeignKey> keys)
    {
        var (owner, mapping) = (table.Section, table.Mapping);
        if ((owner.Find("columns") as YamlMap)?.Find(column.Name) is not YamlMap map || map.Find(Key) is null)
            return column;
        var section = new SectionReader($"{owner.Label("columns")}.{column.Name}", map, map.Place, ColumnsSection.Keys, owner.Context);
        foreach (var other in NotBeside.Where(other => section.Find(other) is not null))
            section.Mistake(other, $"stands beside '{Key}', whose value is the document's as it is; expected one of the two");
        if (Find(section) is not { } referenced)
            return column;
        if (column.Name == mapping.Unmapped.Column || column.Type.IsArray || referenced.PrimaryKey.Count != 1)
        {
            section.Mistake(Key, Unfit(column, mapping, referenced));
            return column;
        }

        var key = new ForeignKey(DerivedName.Of(mapping.Table, [column.Name], "fkey"), [column.Name], referenced.Table, referenced.PrimaryKey);
        new ForeignKeyTypes(mapping, _tables).Check(section, Key, key);
        if (!keys.Exists(known => known.Columns is [var name] && name == column.Name))
            keys.Add(key);
        return column with { References = new ColumnReference(referenced.Name, database) };
    }

    private CollectionMapping? Find(SectionReader section)
    {
        if (section.Text(Key, Expected) is not { } name)
            return null;
        var found = _tables.Collection(name);
        if (found is null)
        {
            var raw = ((YamlText)section.Find(Key)!).Raw;
            section.Mistake(Key, $"is {Shown.Text(raw)}, which is no collection of this file{NearestWord.Hint(raw, _tables.CollectionNames)}");
        }

        return found;
    }

    private static string Unfit(ColumnMapping column, CollectionMapping mapping, CollectionMapping referenced) =>
        column.Name == mapping.Unmapped.Column ? "stands at the column that takes the unmapped fields; expected another column"
        : column.Type.IsArray ? $"stands at a column of type {column.Type}; PostgreSQL has no foreign keys of an array's elements, expected one value, or {ChildrenSection.Key} with a column of path '.'"
        : $"names {Shown.Text(referenced.Name)}, whose primary key has {referenced.PrimaryKey.Count} columns; expected a collection with one, or {ForeignKeySection.Key} in {AfterLoadSection.Key}";
}
