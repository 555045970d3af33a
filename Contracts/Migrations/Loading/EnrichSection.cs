using System.Globalization;

namespace Migration.Contracts.Migrations.Loading;

/// <summary>The list of steps of a collection's enrichment, each a map of one key, its kind.</summary>
internal static class EnrichSection
{
    public const string Key = "enrich";

    private static readonly Dictionary<string, Func<SectionReader, StepColumns, EnrichmentStep>> Readers = new(StringComparer.Ordinal)
    {
        ["http"] = (step, columns) => HttpStepSection.Read(step.Section("http", HttpStepSection.Keys), columns),
        ["rehost"] = (step, columns) => RehostStepSection.Read(step.Section("rehost", RehostStepSection.Keys), columns),
        ["lookup"] = (step, columns) => LookupStepSection.Read(step.Section("lookup", LookupStepSection.Keys), columns),
        ["plugin"] = (step, columns) => PluginStepSection.Read(step.Section("plugin", PluginStepSection.Keys), columns),
    };

    public static IReadOnlyCollection<string> Kinds => Readers.Keys;

    /// <returns>Null where the collection has none.</returns>
    public static IReadOnlyList<EnrichmentStep>? Read(
        SectionReader collection, IReadOnlyList<ColumnMapping> columns, string? unmapped, IReadOnlyList<ChildMapping>? children)
    {
        const string expected = "a list of steps, such as - http: { url: ..., take: { column: field } }";
        var names = new StepColumns([.. columns.Where(column => column.Name != unmapped)], children);
        if (collection.Find(Key) is not { } node)
        {
            CheckFilled(collection, names, []);
            return null;
        }

        if (node is not YamlList { Items.Count: > 0 } list)
        {
            collection.Mistake(Key, $"{(node is YamlList ? "is an empty list" : node.Is)}; expected {expected}");
            return null;
        }

        var steps = list.Items.Select((item, index) => ReadOne(collection, item, index, names)).ToList();
        if (steps.TrueForAll(step => step is not null))
        {
            CheckFilled(collection, names, [.. steps.SelectMany(step => step!.Writes)]);
        }

        return [.. steps.OfType<EnrichmentStep>()];
    }

    private static EnrichmentStep? ReadOne(SectionReader collection, YamlNode item, int index, StepColumns columns)
    {
        var label = string.Create(CultureInfo.InvariantCulture, $"{collection.Label(Key)}[{index}]");
        if (item is not YamlMap { Entries: [var (kind, _)] } map)
        {
            collection.Context.Mistakes.Add(item.Place, $"{label} {(item is YamlMap ? "has not one key" : item.Is)}; expected one of {string.Join(", ", Kinds)} and its map");
            return null;
        }

        var step = new SectionReader(label, map, map.Place, Kinds, collection.Context);
        return Readers.GetValueOrDefault(kind.Raw)?.Invoke(step, columns);
    }

    private static void CheckFilled(SectionReader collection, StepColumns columns, IReadOnlyList<string> written)
    {
        foreach (var column in columns.All.Where(column => column.IsEnriched && !written.Contains(column.Name)))
        {
            collection.Context.Mistakes.Add(
                new Place(column.Line, 1), $"{collection.Label("columns")}.{column.Name} is enriched, and no step of {Key} fills it; expected a step that does, or a path");
        }
    }
}
