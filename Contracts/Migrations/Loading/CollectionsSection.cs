using System.Globalization;

namespace Migration.Contracts.Migrations.Loading;

/// <summary>The list of collections: each is read on its own, then names and tables are compared.</summary>
internal static class CollectionsSection
{
    public static IReadOnlyList<CollectionMapping> Read(SectionReader top, string defaultSchema, string? database)
    {
        if (top.Find("collections") is not { } node)
        {
            top.Missing("collections", "a list with at least one collection");
            return [];
        }

        if (node is not YamlList { Items.Count: > 0 } list)
        {
            top.Mistake("collections", $"{(node is YamlList ? "is an empty list" : node.Is)}; expected a list with at least one collection");
            return [];
        }

        var collections = list.Items.Select((item, index) => ReadOne(top, item, index, defaultSchema)).ToList();
        CheckUnique(top.Context.Mistakes, collections, c => c.Mapping.Name, "name", "expected each collection once");
        CheckUnique(top.Context.Mistakes, collections, c => c.Mapping.Table.Quoted, "table", "expected a table for each collection");
        CheckChildTables(top.Context.Mistakes, collections);
        return ReadReferences(collections, defaultSchema, database);
    }

    private static IReadOnlyList<CollectionMapping> ReadReferences(
        List<(SectionReader Section, CollectionMapping Mapping)> collections, string defaultSchema, string? database)
    {
        var references = new ReferencesSection([.. collections.Select(c => c.Mapping)], defaultSchema, database);
        var whole = collections.ConvertAll(c => (c.Section, Mapping: references.Read(c.Section, c.Mapping)));
        BuildNames.Check([.. whole.SelectMany(c => ReferencesSection.TablesOf(c.Section, c.Mapping))]);
        return [.. whole.Select(c => c.Mapping)];
    }

    private static (SectionReader Section, CollectionMapping Mapping) ReadOne(
        SectionReader top, YamlNode item, int index, string defaultSchema)
    {
        var name = ((item as YamlMap)?.Find("name") as YamlText)?.Raw;
        var label = string.IsNullOrEmpty(name) ? string.Create(CultureInfo.InvariantCulture, $"collections[{index}]") : $"collections.{name}";
        var section = new SectionReader(label, item, item.Place, CollectionSection.Keys, top.Context);
        return (section, CollectionSection.Read(section, defaultSchema));
    }

    private static void CheckChildTables(Mistakes mistakes, List<(SectionReader Section, CollectionMapping Mapping)> collections)
    {
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (section, mapping) in collections.Where(c => c.Mapping.Table.Name.Length > 0))
        {
            lines.TryAdd(mapping.Table.Quoted, section.PlaceOf("table").Line);
        }

        foreach (var child in collections.SelectMany(c => All(c.Mapping.Children)).Where(child => child.Table.Name.Length > 0))
        {
            if (!lines.TryAdd(child.Table.Quoted, child.Line))
            {
                mistakes.Add(new Place(child.Line, 1), $"the table of the child at '{child.PathText}' is already on line {lines[child.Table.Quoted]}; expected a table for each child");
            }
        }
    }

    private static IEnumerable<ChildMapping> All(IReadOnlyList<ChildMapping>? children) =>
        (children ?? []).SelectMany(child => All(child.Children).Prepend(child));

    private static void CheckUnique(
        Mistakes mistakes,
        List<(SectionReader Section, CollectionMapping Mapping)> collections,
        Func<(SectionReader Section, CollectionMapping Mapping), string> value,
        string key,
        string expected)
    {
        var named = collections.Where(c => c.Mapping.Name.Length > 0 && c.Mapping.Table.Name.Length > 0);
        foreach (var same in named.GroupBy(value, StringComparer.Ordinal).Where(g => g.Count() > 1))
        {
            var first = same.First().Section.PlaceOf(key).Line;
            foreach (var (section, _) in same.Skip(1))
            {
                // Shown as written, since a placeholder's value must not be.
                var shown = section.Find(key) is null ? "of the collection's own name" : section.Raw(key);
                mistakes.Add(section.PlaceOf(key), $"the {(key == "name" ? "collection" : key)} {shown} is already on line {first}; {expected}");
            }
        }
    }
}
