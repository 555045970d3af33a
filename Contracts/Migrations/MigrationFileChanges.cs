using Migration.Contracts.Migrations.Loading;

namespace Migration.Contracts.Migrations;

/// <summary>What stands in the way of resuming a run with another file.</summary>
public static class MigrationFileChanges
{
    /// <summary>
    /// One sentence for each setting that a run may not change and that differs, such as
    /// <c>collections.products.columns.price.type: numeric(18,2) -> numeric(12,2)</c>; empty when the run may go on.
    /// The name, the broker, <c>worker</c>, <c>slices.maxAttempts</c>, <c>slices.perMessage</c>, <c>source.maxRecordsPerSecond</c>,
    /// <c>target.maxConnections</c>, <c>target.parallelBuilds</c>, <c>afterLoad</c>, <c>maxQuarantined</c>, how fast and how patiently enrichment calls, the users and passwords of connections, and the order of collections and columns may change at any time.
    /// </summary>
    public static IReadOnlyList<string> Between(MigrationFile old, MigrationFile @new)
    {
        var (before, after) = (RunIdentity.Of(old), RunIdentity.Of(@new));
        var changes = before.Keys.Union(after.Keys)
            .Where(key => before.GetValueOrDefault(key) != after.GetValueOrDefault(key))
            .Order(StringComparer.Ordinal)
            .ToList();
        return [.. changes.Where(key => !IsInsideAnother(key, before, after)).Select(key => Sentence(key, before, after))];
    }

    /// <summary>
    /// What stands in the way of replaying what failed with another file: the mapping of a collection's columns, its
    /// <c>enrich</c>, <c>onConflict</c> and <c>unmapped</c> may be mended for it, and columns and <c>unmapped</c> of its
    /// children, besides all that may change at any time.
    /// </summary>
    public static IReadOnlyList<string> ForReplayBetween(MigrationFile old, MigrationFile @new)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(@new);
        var before = old.Collections.ToDictionary(collection => collection.Name, StringComparer.Ordinal);
        return Between(old, @new with { Collections = [.. @new.Collections.Select(AsBefore)] });

        CollectionMapping AsBefore(CollectionMapping collection) => before.TryGetValue(collection.Name, out var known)
            ? collection with { Columns = known.Columns, Enrich = known.Enrich, OnConflict = known.OnConflict, Unmapped = known.Unmapped, Children = ChildrenAsBefore(known.Children, collection.Children) }
            : collection;
    }

    private static IReadOnlyList<ChildMapping>? ChildrenAsBefore(IReadOnlyList<ChildMapping>? before, IReadOnlyList<ChildMapping>? children) =>
        children is null ? null : [.. children.Select(child => before?.FirstOrDefault(known => known.Table == child.Table) is { } known
            ? child with { Columns = known.Columns, Unmapped = known.Unmapped, Children = ChildrenAsBefore(known.Children, child.Children) }
            : child)];

    // A collection or column that came or went is one change, not one for each of its settings.
    private static bool IsInsideAnother(string key, SortedDictionary<string, string> before, SortedDictionary<string, string> after)
    {
        var (smaller, larger) = before.ContainsKey(key) ? (after, before) : (before, after);
        return !smaller.ContainsKey(key)
            && larger.Any(other => other.Value == RunIdentity.Present && other.Key != key
                && key.StartsWith(other.Key + ".", StringComparison.Ordinal) && !smaller.ContainsKey(other.Key));
    }

    private static string Sentence(string key, SortedDictionary<string, string> before, SortedDictionary<string, string> after) =>
        $"{key}: {Side(key, before, "absent")} -> {Side(key, after, "removed")}";

    private static string Side(string key, SortedDictionary<string, string> settings, string absent) => settings.GetValueOrDefault(key) ?? absent;
}
