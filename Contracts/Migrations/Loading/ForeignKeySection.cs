using System.Globalization;
using System.Text.RegularExpressions;

namespace Migration.Contracts.Migrations.Loading;

/// <summary>The list <c>foreignKeys</c> of <c>afterLoad</c>, and <c>parent</c> of a child's.</summary>
/// <param name="all">With their indexes.</param>
internal sealed partial class ForeignKeySection(OwnedTable owner, FileTables all, string defaultSchema)
{
    public const string Key = "foreignKeys";

    public const string Parent = "parent";

    public static readonly string[] Keys = ["columns", "references", "onDelete", "onUpdate", "name"];

    public static readonly string[] Actions = ["noAction", "restrict", "cascade", "setNull", "setDefault"];

    /// <summary>What can become of a child's row, whose parent's key is never null.</summary>
    public static readonly string[] ParentActions = ["noAction", "restrict", "cascade"];

    private const string Expected = "a collection of this file, or a table and its columns, such as shop.vendors(id)";

    public IReadOnlyList<ForeignKey> Read()
    {
        if (owner.Section.Find(AfterLoadSection.Key) is not YamlMap)
            return [];
        var section = owner.Section.Section(AfterLoadSection.Key, owner.Parent is null ? AfterLoadSection.Keys : AfterLoadSection.KeysOfChild);
        var listed = IndexSection.Items(section, Key).Select((item, index) => ReadOne(section, item, index)).OfType<ForeignKey>();
        return ReadParent(section) is { } parent ? [parent, .. listed] : [.. listed];
    }

    private ForeignKey? ReadParent(SectionReader section)
    {
        if (owner.Parent?.Mapping is not { } parent || section.Choice(Parent, ParentActions) is not { } action)
            return null;
        IReadOnlyList<string> columns = [.. owner.Mapping.Columns.Take(parent.PrimaryKey.Count).Select(column => column.Name)];
        return new ForeignKey(DerivedName.Of(owner.Mapping.Table, columns, "fkey"), columns, parent.Table, parent.PrimaryKey)
        {
            OnDelete = Enum.Parse<ReferenceAction>(action, ignoreCase: true),
        };
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

        var columns = new BuildColumns(map, owner.Mapping.Columns, onlyNames: true).Read(node, map.Label("columns"));
        var (onDelete, onUpdate) = (ReadAction(map, "onDelete"), ReadAction(map, "onUpdate"));
        if (columns.Count == 0 || ReadTarget(map) is not (var table, var references))
            return null;
        var name = IndexSection.Name(map, owner.Mapping.Table, columns.Select(column => column.Name), "fkey");
        var key = new ForeignKey(name, [.. columns.Select(column => column.Name)], table, references) { OnDelete = onDelete, OnUpdate = onUpdate };
        new ForeignKeyTypes(owner.Mapping, all).Check(map, "references", key);
        return key;
    }

    private static ReferenceAction ReadAction(SectionReader map, string key) =>
        Enum.Parse<ReferenceAction>(map.Choice(key, Actions) ?? "noAction", ignoreCase: true);

    private (TableName Table, IReadOnlyList<string> Columns)? ReadTarget(SectionReader map)
    {
        if (map.Text("references", Expected) is not { } text)
            return null;
        if (all.Collection(text) is { } named)
            return (named.Table, named.PrimaryKey);
        var match = Shape().Match(text);
        if (TableNameText.TryParse(match.Groups["table"].Value.Trim(), defaultSchema, out var table, out _))
        {
            if (match.Groups["columns"].Success)
                return (table, [.. match.Groups["columns"].Value.Split(',').Select(Unquoted)]);
            if (all.Table(table) is { } known)
                return (table, known.PrimaryKey);
        }

        var raw = ((YamlText)map.Find("references")!).Raw;
        map.Mistake("references", $"is {Shown.Text(raw)}, which is no collection of this file{NearestWord.Hint(raw, all.CollectionNames)}; for another table give its columns, such as shop.vendors(id)");
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
