using System.Globalization;
using System.Text.RegularExpressions;

namespace Migration.Contracts.Migrations.Loading;

/// <summary>The list <c>foreignKeys</c> of <c>afterLoad</c>.</summary>
/// <param name="all">Every collection of the file, with its indexes.</param>
internal sealed partial class ForeignKeySection(SectionReader collection, CollectionMapping mapping, IReadOnlyList<CollectionMapping> all, string defaultSchema)
{
    public const string Key = "foreignKeys";

    public static readonly string[] Keys = ["columns", "references", "onDelete", "onUpdate", "name"];

    public static readonly string[] Actions = ["noAction", "restrict", "cascade", "setNull", "setDefault"];

    private const string Expected = "a collection of this file, or a table and its columns, such as shop.vendors(id)";

    public IReadOnlyList<ForeignKey> Read()
    {
        if (collection.Find(AfterLoadSection.Key) is not YamlMap)
            return [];
        var section = collection.Section(AfterLoadSection.Key, AfterLoadSection.Keys);
        return [.. IndexSection.Items(section, Key).Select((item, index) => ReadOne(section, item, index)).OfType<ForeignKey>()];
    }

    private ForeignKey? ReadOne(SectionReader section, YamlNode item, int index)
    {
        var map = new SectionReader(string.Create(CultureInfo.InvariantCulture, $"{section.Label(Key)}[{index}]"), item, item.Place, Keys, section.Context);
        if (map.Find("references") is null)
            map.Missing("references", Expected);
        if (map.Find("columns") is not { } node)
        {
            map.Missing("columns", BuildColumns.Expected);
            return null;
        }

        var columns = new BuildColumns(map, mapping.Columns, onlyNames: true).Read(node, map.Label("columns"));
        var (onDelete, onUpdate) = (ReadAction(map, "onDelete"), ReadAction(map, "onUpdate"));
        if (columns.Count == 0 || ReadTarget(map) is not (var table, var references))
            return null;
        var name = IndexSection.Name(map, mapping.Table, columns.Select(column => column.Name), "fkey");
        var key = new ForeignKey(name, [.. columns.Select(column => column.Name)], table, references) { OnDelete = onDelete, OnUpdate = onUpdate };
        new ForeignKeyTypes(mapping, all).Check(map, "references", key);
        return key;
    }

    private static ReferenceAction ReadAction(SectionReader map, string key) =>
        Enum.Parse<ReferenceAction>(map.Choice(key, Actions) ?? "noAction", ignoreCase: true);

    private (TableName Table, IReadOnlyList<string> Columns)? ReadTarget(SectionReader map)
    {
        if (map.Text("references", Expected) is not { } text)
            return null;
        if (all.FirstOrDefault(c => c.Name == text) is { } named)
            return (named.Table, named.PrimaryKey);
        var match = Shape().Match(text);
        if (TableNameText.TryParse(match.Groups["table"].Value.Trim(), defaultSchema, out var table, out _))
        {
            if (match.Groups["columns"].Success)
                return (table, [.. match.Groups["columns"].Value.Split(',').Select(Unquoted)]);
            if (all.FirstOrDefault(c => c.Table == table) is { } owner)
                return (table, owner.PrimaryKey);
        }

        var raw = ((YamlText)map.Find("references")!).Raw;
        map.Mistake("references", $"is {Shown.Text(raw)}, which is no collection of this file{NearestWord.Hint(raw, [.. all.Select(c => c.Name)])}; for another table give its columns, such as shop.vendors(id)");
        return null;
    }

    private static string Unquoted(string column)
    {
        var name = column.Trim();
        return name is ['"', _, .., '"'] ? name[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : name;
    }

    [GeneratedRegex("""^(?<table>("([^"]|"")*"|[^"(])+)(\((?<columns>[^()]+)\))?\s*\z""", RegexOptions.ExplicitCapture)]
    private static partial Regex Shape();
}
