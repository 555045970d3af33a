namespace Migration.Contracts.Migrations.Loading;

/// <summary>
/// What collections say of each other: foreign keys, and columns with <c>references</c>. Read when all of them are known.
/// </summary>
/// <param name="database">The source's; null where the file does not tell.</param>
internal sealed class ReferencesSection(IReadOnlyList<CollectionMapping> all, string defaultSchema, string? database)
{
    public const string Key = "references";

    private static readonly string[] NotBeside = ["constant", "default", "enriched", "transform"];

    private const string Expected = "the name of a collection of this file";

    public CollectionMapping Read(SectionReader collection, CollectionMapping mapping)
    {
        var keys = new ForeignKeySection(collection, mapping, all, defaultSchema).Read().ToList();
        var columns = mapping.Columns.Select(column => ReadColumn(collection, mapping, column, keys)).ToList();
        return mapping with
        {
            Columns = columns,
            AfterLoad = keys.Count == 0 ? mapping.AfterLoad : (mapping.AfterLoad ?? AfterLoad.Default) with { ForeignKeys = keys },
        };
    }

    /// <param name="keys">The column's foreign key is added, unless the file says more of it in a list.</param>
    private ColumnMapping ReadColumn(SectionReader collection, CollectionMapping mapping, ColumnMapping column, List<ForeignKey> keys)
    {
        if ((collection.Find("columns") as YamlMap)?.Find(column.Name) is not YamlMap map || map.Find(Key) is null)
            return column;
        var section = new SectionReader($"{collection.Label("columns")}.{column.Name}", map, map.Place, ColumnsSection.Keys, collection.Context);
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
        new ForeignKeyTypes(mapping, all).Check(section, Key, key);
        if (!keys.Exists(known => known.Columns is [var name] && name == column.Name))
            keys.Add(key);
        return column with { References = new ColumnReference(referenced.Name, database) };
    }

    private CollectionMapping? Find(SectionReader section)
    {
        if (section.Text(Key, Expected) is not { } name)
            return null;
        var found = all.FirstOrDefault(c => c.Name == name);
        if (found is null)
        {
            var raw = ((YamlText)section.Find(Key)!).Raw;
            section.Mistake(Key, $"is {Shown.Text(raw)}, which is no collection of this file{NearestWord.Hint(raw, [.. all.Select(c => c.Name)])}");
        }

        return found;
    }

    private static string Unfit(ColumnMapping column, CollectionMapping mapping, CollectionMapping referenced) =>
        column.Name == mapping.Unmapped.Column ? "stands at the column that takes the unmapped fields; expected another column"
        : column.Type.IsArray ? $"stands at a column of type {column.Type}; PostgreSQL has no foreign keys of an array's elements, expected one value"
        : $"names {Shown.Text(referenced.Name)}, whose primary key has {referenced.PrimaryKey.Count} columns; expected a collection with one, or {ForeignKeySection.Key} in {AfterLoadSection.Key}";
}
