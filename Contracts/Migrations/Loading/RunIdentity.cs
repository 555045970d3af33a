using System.Globalization;

namespace Migration.Contracts.Migrations.Loading;

/// <summary>
/// The settings that decide which rows a run writes and how it was cut, each by its path in the file. A run that went on
/// with other ones would have half of its slices done one way and half another.
/// </summary>
internal static class RunIdentity
{
    /// <summary>The value of an entry that stands for a whole collection or column.</summary>
    public const string Present = "present";

    public static SortedDictionary<string, string> Of(MigrationFile file)
    {
        var settings = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["source.uri"] = Server(file.Source.Uri),
            ["source.live"] = Text(file.Source.Live),
            ["target.uri"] = Server(file.Target.Uri),
            ["slices.targetSeconds"] = Text(file.Slices.TargetSeconds),
            ["slices.minRecords"] = Text(file.Slices.MinRecords),
            ["slices.maxRecords"] = Text(file.Slices.MaxRecords),
        };
        AddIfGiven(settings, "source.database", file.Source.Database);
        foreach (var collection in file.Collections)
        {
            AddCollection(settings, $"collections.{Step(collection.Name)}", collection);
        }

        return settings;
    }

    // The target's default schema is not in the list: every table's own schema is.
    private static void AddCollection(SortedDictionary<string, string> settings, string path, CollectionMapping collection)
    {
        settings[path] = Present;
        settings[$"{path}.table"] = collection.Table.Quoted;
        settings[$"{path}.primaryKey"] = Names(collection.PrimaryKey);
        settings[$"{path}.onConflict"] = Text(collection.OnConflict);
        settings[$"{path}.unmapped"] = Unmapped(collection.Unmapped);
        AddIfGiven(settings, $"{path}.filter", collection.Filter);
        foreach (var mapping in collection.Columns)
        {
            AddColumn(settings, $"{path}.columns.{Step(mapping.Name)}", mapping);
        }

        for (var i = 0; i < collection.Enrichment.Count; i++)
        {
            AddStep(settings, $"{path}.enrich.{Text(i)}", collection.Enrichment[i]);
        }

        AddChildren(settings, path, collection.Children);
    }

    private static void AddChildren(SortedDictionary<string, string> settings, string parent, IReadOnlyList<ChildMapping>? children)
    {
        foreach (var child in children ?? [])
        {
            var path = $"{parent}.children.{Step(child.Table.ToString())}";
            settings[path] = Present;
            settings[$"{path}.path"] = PathText(child.Path);
            settings[$"{path}.parentKey"] = Names(child.ParentKey);
            settings[$"{path}.ordinal"] = child.Ordinal;
            settings[$"{path}.primaryKey"] = Names(child.PrimaryKey);
            settings[$"{path}.unmapped"] = Unmapped(child.Unmapped);
            foreach (var mapping in child.Columns)
            {
                AddColumn(settings, $"{path}.columns.{Step(mapping.Name)}", mapping);
            }

            AddChildren(settings, path, child.Children);
        }
    }

    private static void AddColumn(SortedDictionary<string, string> settings, string path, ColumnMapping column)
    {
        settings[path] = Present;
        settings[$"{path}.path"] = column.IsElement ? "." : PathText(column.Path);
        settings[$"{path}.type"] = column.Type.ToString();
        AddIfGiven(settings, $"{path}.labels", StoredMigrationFile.TextOf(column.Type.Enum?.Labels));
        settings[$"{path}.required"] = Text(column.Required);
        if (column.IsEnriched)
        {
            settings[$"{path}.enriched"] = Text(true);
        }

        AddIfGiven(settings, $"{path}.references", column.References?.Collection);
        AddIfGiven(settings, $"{path}.constant", StoredMigrationFile.TextOf(column.Constant));
        AddIfGiven(settings, $"{path}.default", StoredMigrationFile.TextOf(column.Default));
        AddIfGiven(settings, $"{path}.onUnfit", StoredMigrationFile.TextOf(column.OnUnfit?.Order()));
        AddIfGiven(settings, $"{path}.transform", column.Transforms.Count == 0 ? null : StoredMigrationFile.TextOf(column.Transforms));
    }

    private static void AddStep(SortedDictionary<string, string> settings, string path, EnrichmentStep step)
    {
        settings[path] = Present;
        foreach (var (key, value) in StoredMigrationFile.ToNode(step.WithoutTuning()))
        {
            settings[$"{path}.{key}"] = value?.ToJsonString() ?? "null";
        }
    }

    // Quoted where it holds a dot, so that no two settings share a path.
    private static string Step(string name) => name.Contains('.') || name.Contains('"') ? TableName.Quote(name) : name;

    // [a.b] and [a, b] are different paths.
    private static string PathText(IReadOnlyList<string> path) =>
        path.Any(part => part.Contains('.')) ? $"[{string.Join(", ", path.Select(TableName.Quote))}]" : string.Join('.', path);

    private static string Names(IReadOnlyList<string> names) => $"[{string.Join(", ", names.Select(TableName.Quote))}]";

    private static string Unmapped(UnmappedFields unmapped) =>
        Text(unmapped.Action) + (unmapped.Column is { } column ? $" in {TableName.Quote(column)}" : "");

    private static void AddIfGiven(SortedDictionary<string, string> settings, string path, string? value)
    {
        if (value is not null)
        {
            settings[path] = value;
        }
    }

    // Users are left out, as credentials are exchanged while a run goes on; PostgreSQL's two schemes mean the same.
    private static string Server(string uri)
    {
        var shown = ConnectionText.Describe(uri);
        if (ConnectionUri.TryParse(shown) is not { } parts)
        {
            return shown;
        }

        var scheme = parts.Scheme == "postgres" ? "postgresql" : parts.Scheme;
        return $"{scheme}://{string.Join(',', parts.Hosts).ToLowerInvariant()}{(parts.Database.Length == 0 ? "" : "/" + parts.Database)}";
    }

    private static string Text(bool value) => value ? "true" : "false";

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Text(Enum value) => value.ToString().ToLowerInvariant();
}
