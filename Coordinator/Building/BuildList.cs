using Migration.Contracts.Migrations;
using Npgsql;

namespace Migration.Coordinator.Building;

/// <summary>
/// What is built after the load, in an order in which each stands behind what it needs. PostgreSQL lets several indexes of
/// a table be built at a time, but little else: what its locks would hold up is not begun.
/// </summary>
internal static class BuildList
{
    /// <param name="sequences">By table, as <see cref="SequencesAsync"/> finds them.</param>
    public static IReadOnlyList<Build> Of(
        IReadOnlyList<BuildTable> tables, IReadOnlyDictionary<TableName, IReadOnlyList<(string Column, string Sequence)>> sequences)
    {
        var builds = new List<Build>();
        foreach (var table in tables)
        {
            builds.AddRange(Indexes(table));
            if (table.AfterLoad.Sequences)
            {
                builds.AddRange(sequences.GetValueOrDefault(table.Name, []).Select(
                    found => new SequenceBuild(table.Name, found.Column, found.Sequence) { Collections = [table.Collection] }));
            }

            if (table.AfterLoad.Analyze)
                builds.Add(new AnalyzeBuild(table.Name) { Collections = [table.Collection], Needs = [.. builds.Where(build => build is IndexBuild && build.Table == table.Name)] });
        }

        foreach (var table in tables)
        {
            foreach (var key in table.AfterLoad.ForeignKeys)
                builds.Add(ForeignKey(table, key, tables, builds));
        }

        return builds;
    }

    /// <summary>Of the tables that are there; for a table that the run makes there are none.</summary>
    public static async Task<IReadOnlyDictionary<TableName, IReadOnlyList<(string Column, string Sequence)>>> SequencesAsync(
        NpgsqlConnection connection, IReadOnlyList<BuildTable> tables, CancellationToken cancellationToken)
    {
        var found = new Dictionary<TableName, IReadOnlyList<(string Column, string Sequence)>>();
        foreach (var table in tables)
            found[table.Name] = await SequenceBuild.FindAsync(connection, table, cancellationToken);
        return found;
    }

    /// <summary>A constraint takes the table for itself when its index is there, so constraints come one by one behind the indexes.</summary>
    private static List<Build> Indexes(BuildTable table)
    {
        var indexes = new List<Build>();
        foreach (var index in table.AfterLoad.Indexes.OrderBy(index => index.IsConstraint))
        {
            indexes.Add(new IndexBuild(table.Name, index)
            {
                Collections = [table.Collection],
                Needs = index.IsConstraint ? [.. indexes] : [],
            });
        }

        return indexes;
    }

    /// <summary>
    /// Behind all else of both tables: it needs their unique indexes, its check is planned by their statistics, and one that
    /// is being validated would keep the next one of its table waiting.
    /// </summary>
    private static ForeignKeyBuild ForeignKey(BuildTable table, ForeignKey key, IReadOnlyList<BuildTable> tables, List<Build> builds) => new(table.Name, table.PrimaryKey, key)
    {
        Collections = [.. tables.Where(other => other.Name == table.Name || other.Name == key.Table).Select(other => other.Collection).Distinct()],
        Needs = [.. builds.Where(build => build.Table == table.Name || build.Table == key.Table)],
    };
}
