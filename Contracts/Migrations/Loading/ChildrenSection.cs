using System.Globalization;

namespace Migration.Contracts.Migrations.Loading;

/// <summary><c>children:</c> of a collection or of a child: a list of arrays and subdocuments with a table each.</summary>
internal static class ChildrenSection
{
    public const string Key = "children";

    public static readonly string[] Keys = ["path", "table", "parentKey", "ordinal", "primaryKey", "columns", "unmapped", Key, AfterLoadSection.Key];

    private const string DefaultOrdinal = "ordinal";

    /// <param name="PrimaryKey">Empty where it could not be read, which is a mistake of its own.</param>
    public sealed record Parent(TableName Table, IReadOnlyList<string> PrimaryKey);

    /// <returns>Null where there are none.</returns>
    public static IReadOnlyList<ChildMapping>? Read(SectionReader owner, Parent parent, string defaultSchema)
    {
        if (owner.Find(Key) is not { } node)
        {
            return null;
        }

        if (node is not YamlList { Items.Count: > 0 } list)
        {
            owner.Mistake(Key, $"{(node is YamlList ? "is an empty list" : node.Is)}; expected a list, such as - {{ path: variants, table: variants, columns: {{ sku: text }} }}");
            return null;
        }

        return [.. list.Items.Select((item, index) => ReadOne(owner, item, index, parent, defaultSchema))];
    }

    /// <summary>The section of one of the children.</summary>
    public static SectionReader SectionOf(SectionReader owner, int index)
    {
        var item = ((YamlList)owner.Find(Key)!).Items[index];
        return new SectionReader(string.Create(CultureInfo.InvariantCulture, $"{owner.Label(Key)}[{index}]"), item, item.Place, Keys, owner.Context);
    }

    private static ChildMapping ReadOne(SectionReader owner, YamlNode item, int index, Parent parent, string defaultSchema)
    {
        var section = SectionOf(owner, index);
        var table = ReadTable(section, defaultSchema);
        var parentKey = ReadParentKey(section, parent);
        var ordinal = ReadOrdinal(section);
        var unmapped = UnmappedSection.Read(section);
        var columns = ColumnsSection.Read(section, unmapped.Column, ofElements: true);
        IReadOnlyList<ColumnMapping> leading = [.. parentKey.Append(ordinal).Select(name => new ColumnMapping(name, [], new ColumnType(ColumnKind.Int4), true, item.Place.Line))];
        CheckNames(section, leading, columns);
        IReadOnlyList<string> key = section.Find("primaryKey") is null
            ? [.. leading.Select(column => column.Name)]
            : CollectionSection.ReadKey(section, [.. leading, .. columns], unmapped.Column);
        return new ChildMapping
        {
            Path = ReadPath(section),
            Table = table,
            ParentKey = parentKey,
            Ordinal = ordinal,
            PrimaryKey = key,
            Columns = [.. columns.Select(column => column with { Required = column.Required || key.Contains(column.Name) })],
            Unmapped = unmapped,
            Children = Read(section, new Parent(table, parentKey.Count == 0 ? [] : key), defaultSchema),
            AfterLoad = AfterLoadSection.Read(section, AfterLoadSection.KeysOfChild, table, [.. leading, .. columns]),
            Line = item.Place.Line,
        };
    }

    private static string[] ReadPath(SectionReader section)
    {
        const string expected = "the path of an array or a subdocument, such as variants";
        switch (section.Find("path"))
        {
            case null:
                section.Missing("path", expected);
                return [];
            case YamlList:
                return [.. section.Texts("path", expected).Select(part => part.Value)];
            default:
                return section.Text("path", expected) is { } path ? ColumnsSection.PathFrom(section, path, section.PlaceOf("path"), section.Label("path")) : [];
        }
    }

    private static TableName ReadTable(SectionReader section, string defaultSchema)
    {
        const string expected = "table or schema.table";
        if (section.Find("table") is null)
        {
            section.Missing("table", expected);
        }

        if (section.Text("table", expected) is not { } text)
        {
            return new TableName(defaultSchema, "");
        }

        if (!TableNameText.TryParse(text, defaultSchema, out var table, out var problem))
        {
            section.Mistake("table", $"is {section.Raw("table")}; {problem}");
        }

        return table;
    }

    private static List<string> ReadParentKey(SectionReader section, Parent parent)
    {
        if (section.Find("parentKey") is null)
        {
            var names = parent.PrimaryKey.Select(column => $"{parent.Table.Name}_{column}").ToList();
            if (names.Select(Identifier.Problem).FirstOrDefault(problem => problem is not null) is { } tooLong)
            {
                section.Missing("parentKey", $"names of its columns, as {parent.Table.Name}_... cannot be one: {tooLong}");
            }

            return names;
        }

        var key = section.Texts("parentKey", "the name of a column, or a list of names");
        foreach (var (name, raw) in key.Where(name => Identifier.ColumnProblem(name.Value) is not null))
        {
            section.Mistake("parentKey", $"names {Shown.Text(raw)}; {Identifier.ColumnProblem(name)}");
        }

        if (parent.PrimaryKey.Count > 0 && key.Count > 0 && key.Count != parent.PrimaryKey.Count)
        {
            section.Mistake("parentKey", string.Create(
                CultureInfo.InvariantCulture,
                $"names {key.Count}; expected {parent.PrimaryKey.Count}, one for each column of the parent's primary key ({string.Join(", ", parent.PrimaryKey)})"));
        }

        return [.. key.Select(name => name.Value)];
    }

    private static string ReadOrdinal(SectionReader section)
    {
        var ordinal = section.Text("ordinal", "the name of the column that takes an element's place") ?? DefaultOrdinal;
        if (Identifier.ColumnProblem(ordinal) is { } problem)
        {
            section.Mistake("ordinal", $"is {section.Raw("ordinal")}; {problem}");
        }

        return ordinal;
    }

    private static void CheckNames(SectionReader section, IReadOnlyList<ColumnMapping> leading, IReadOnlyList<ColumnMapping> columns)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var column in leading.Where(column => !taken.Add(column.Name)))
        {
            section.Mistake(
                section.Find("parentKey") is null ? "ordinal" : "parentKey", $"and ordinal name {Shown.Text(column.Name)} twice; expected a column for each");
        }

        foreach (var column in columns.Where(column => !taken.Add(column.Name)))
        {
            section.Context.Mistakes.Add(
                new Place(column.Line, section.PlaceOf("columns").Column), $"{section.Label("columns")}.{column.Name} has the name of a column of the parent's key or of the ordinal; expected another name, or another parentKey or ordinal");
        }
    }
}
