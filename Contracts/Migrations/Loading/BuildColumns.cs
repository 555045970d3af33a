namespace Migration.Contracts.Migrations.Loading;

/// <summary>The columns of an index or a constraint: names, and for an index maps of a name and how it is ordered.</summary>
internal sealed class BuildColumns(SectionReader section, IReadOnlyList<ColumnMapping> columns, bool onlyNames)
{
    public static readonly string[] Keys = ["column", "descending", "operators"];

    public const string Expected = "the name of a column, or a list of names";

    /// <summary>A name, a map, or a list of these; those that are columns, each once.</summary>
    public IReadOnlyList<IndexColumn> Read(YamlNode node, string label)
    {
        var read = new List<IndexColumn>();
        foreach (var item in node is YamlList { Items.Count: > 0 } list ? list.Items : [node])
        {
            if (ReadOne(item, label) is not { } column)
                continue;
            if (read.Exists(known => known.Name == column.Name))
                section.Context.Mistakes.Add(item.Place, $"{label} names {Shown.Text(column.Name)} twice; expected each column once");
            else
                read.Add(column);
        }

        return read;
    }

    /// <summary>The column, or null after adding a mistake.</summary>
    public ColumnMapping? Find(YamlNode node, string label, string name)
    {
        var column = columns.FirstOrDefault(c => c.Name == name);

        // An unreadable 'columns' has its own mistake already.
        if (column is null && columns.Count > 0)
        {
            section.Context.Mistakes.Add(
                node.Place, $"{label} names {Shown.Text(Raw(node, name))}, which is not a column{NearestWord.Hint(Raw(node, name), [.. columns.Select(c => c.Name)])}");
        }

        return column;
    }

    private IndexColumn? ReadOne(YamlNode item, string label)
    {
        if (onlyNames || item is not YamlMap)
        {
            return section.TextOf(item, label, Expected) is { } name && Find(item, label, name) is not null ? new IndexColumn(name) : null;
        }

        var map = new SectionReader(label, item, item.Place, Keys, section.Context);
        if (map.Find("column") is not { } node)
        {
            map.Missing("column", "the name of a column");
            return null;
        }

        var (descending, operators) = (map.Flag("descending") ?? false, ReadOperators(map));
        return map.Text("column", "the name of a column") is { } column && Find(node, map.Label("column"), column) is not null
            ? new IndexColumn(column, descending, operators)
            : null;
    }

    private static string? ReadOperators(SectionReader map)
    {
        var text = map.Text("operators", "an operator class, such as jsonb_path_ops");
        if (text is not null && (text.Split('.').Length > 2 || text.Split('.').Any(part => Identifier.Problem(part) is not null)))
            map.Mistake("operators", $"is {map.Raw("operators")}; expected an operator class, such as jsonb_path_ops or schema.name");
        return text;
    }

    // What a placeholder brought in must not be repeated.
    private static string Raw(YamlNode node, string name) => node is YamlText text ? text.Raw : name;
}
