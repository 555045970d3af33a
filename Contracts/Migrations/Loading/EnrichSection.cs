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

        var section = new SectionReader(label, map, map.Place, Kinds, collection.Context);
        var step = Readers.GetValueOrDefault(kind.Raw)?.Invoke(section, columns);
        if (step is not null and not RehostStep && ProblemOfTables(step, columns) is { } problem)
        {
            collection.Context.Mistakes.Add(map.Place, $"{label}.{kind.Raw} {problem}");
        }

        return step;
    }

    /// <summary>A step that fills a child's table is given its rows one by one, so it fills one table and sees one row of it.</summary>
    private static string? ProblemOfTables(EnrichmentStep step, StepColumns columns)
    {
        const string own = "the collection's own table";
        var filled = step.Writes.Where(columns.Has).Select(columns.TableOf).Distinct().ToList();
        if (filled.Count > 1)
        {
            return $"gives values to columns of {string.Join(" and ", filled.Select(table => table?.ToString() ?? own))}; expected a step for each table";
        }

        return filled is [var table] && step.Reads.FirstOrDefault(read => columns.TableOf(read) is { } other && other != table) is { } foreign
            ? $"takes {Shown.Text(foreign)}, of which a record has as many values as rows in {columns.TableOf(foreign)}, and gives values to columns of "
                + $"{table?.ToString() ?? own}; expected columns of {own}{(table is null ? "" : " and of that one")} to take"
            : null;
    }

    private static void CheckFilled(SectionReader collection, StepColumns columns, IReadOnlyList<string> written)
    {
        foreach (var (name, column) in columns.Enriched.Where(named => !written.Contains(named.Name)))
        {
            collection.Context.Mistakes.Add(
                new Place(column.Line, 1), $"{collection.Label("columns")}.{name} is enriched, and no step of {Key} fills it; expected a step that does, or a path");
        }
    }
}
