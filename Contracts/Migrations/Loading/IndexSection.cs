using System.Globalization;

namespace Migration.Contracts.Migrations.Loading;

/// <summary>The lists <c>indexes</c> and <c>unique</c> of <c>afterLoad</c>: columns alone, or a map with more.</summary>
internal static class IndexSection
{
    public static readonly string[] Keys = ["columns", "unique", "method", "where", "name"];

    public static readonly string[] UniqueKeys = ["columns", "name"];

    public static readonly string[] Methods = ["btree", "hash", "gin", "gist", "spgist", "brin"];

    public static IReadOnlyList<TableIndex> Read(SectionReader section, TableName table, IReadOnlyList<ColumnMapping> columns) =>
    [
        .. Items(section, "indexes").Select((item, index) => ReadOne(section, "indexes", Keys, table, columns, item, index)).OfType<TableIndex>(),
        .. Items(section, "unique").Select((item, index) => ReadOne(section, "unique", UniqueKeys, table, columns, item, index)).OfType<TableIndex>(),
    ];

    /// <summary>The items of a list with at least one; none when absent or wrong.</summary>
    public static IReadOnlyList<YamlNode> Items(SectionReader section, string key)
    {
        switch (section.Find(key))
        {
            case null:
                return [];
            case YamlList { Items.Count: > 0 } list:
                return list.Items;
            case var node:
                section.Mistake(key, $"{(node is YamlList ? "is an empty list" : node.Is)}; expected a list, such as [{{ columns: [a, b] }}]");
                return [];
        }
    }

    /// <summary>The name that the file gives, or the derived one.</summary>
    public static string Name(SectionReader? map, TableName table, IEnumerable<string> columns, string kind)
    {
        if (map?.Text("name", "a name") is not { } name)
            return DerivedName.Of(table, columns, kind);
        if (Identifier.Problem(name) is { } problem)
            map.Mistake("name", $"is {map.Raw("name")}; {problem}");
        return name;
    }

    private static TableIndex? ReadOne(
        SectionReader section, string key, string[] keys, TableName table, IReadOnlyList<ColumnMapping> known, YamlNode item, int index)
    {
        var label = string.Create(CultureInfo.InvariantCulture, $"{section.Label(key)}[{index}]");
        var map = item is YamlMap ? new SectionReader(label, item, item.Place, keys, section.Context) : null;
        var reader = new BuildColumns(section, known, onlyNames: key == "unique");
        if (map is not null && map.Find("columns") is null)
        {
            map.Missing("columns", BuildColumns.Expected);
            return null;
        }

        var columns = map is null ? reader.Read(item, label) : reader.Read(map.Find("columns")!, map.Label("columns"));
        var isConstraint = key == "unique";
        var found = new TableIndex("", columns)
        {
            IsConstraint = isConstraint,
            IsUnique = isConstraint || map?.Flag("unique") == true,
            Method = (isConstraint ? null : map?.Choice("method", Methods)) ?? "btree",
            Where = isConstraint ? null : map?.Text("where", "a condition in SQL, such as price > 0"),
        };
        Check(section, known, item.Place, label, found);
        return found with { Name = Name(map, table, columns.Select(column => column.Name), isConstraint ? "key" : "idx") };
    }

    // What PostgreSQL would refuse hours later.
    private static void Check(SectionReader section, IReadOnlyList<ColumnMapping> columns, Place place, string label, TableIndex index)
    {
        if (index is { IsUnique: true, Method: not "btree" })
            section.Context.Mistakes.Add(place, $"{label} is unique and {index.Method}; PostgreSQL has unique indexes of method btree only");
        if (index.Method is not "btree" && index.Columns.Any(column => column.IsDescending))
            section.Context.Mistakes.Add(place, $"{label} has a descending column and is {index.Method}; PostgreSQL orders only btree indexes");
        if (index is { Method: "hash" or "spgist", Columns.Count: > 1 })
            section.Context.Mistakes.Add(place, $"{label} has {index.Columns.Count} columns and is {index.Method}; expected one column");
        foreach (var column in index.Columns.Where(column => TypeOf(columns, column) is { Kind: ColumnKind.Json } && column.Operators is null))
            section.Context.Mistakes.Add(place, $"{label} names {Shown.Text(column.Name)}, which is json; PostgreSQL has no index of json, expected jsonb or another column");
    }

    private static ColumnType? TypeOf(IReadOnlyList<ColumnMapping> columns, IndexColumn column) =>
        columns.FirstOrDefault(known => known.Name == column.Name)?.Type;
}
