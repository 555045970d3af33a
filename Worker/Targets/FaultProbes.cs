using System.Collections.Concurrent;
using Migration.Contracts.Migrations;
using Npgsql;

namespace Migration.Worker.Targets;

/// <summary>
/// What a table's constraints have refused so far, and the question that tells which rows of the next batch they would
/// refuse. Slices share it.
/// </summary>
internal sealed class FaultProbes(CollectionMapping mapping)
{
    /// <summary>Constraints asked about; a trigger may make up names without end.</summary>
    private const int MostCauses = 32;

    private readonly IReadOnlyList<TargetColumn> _columns = TargetColumn.Of(mapping);
    private readonly ConcurrentDictionary<(string SqlState, string Name), ConstraintProbe?> _found = new();
    private volatile ProbeSql? _sql;
    private volatile bool _failed;

    /// <summary>Null while there is nothing to ask.</summary>
    public ProbeSql? Sql => _failed ? null : _sql;

    /// <summary>The question itself was refused: it is not asked again.</summary>
    public void GiveUp() => _failed = true;

    public async Task LearnAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<RejectedRow> refused, CancellationToken cancellationToken)
    {
        var causes = refused.Select(row => (row.Rejection.SqlState, Name: row.Constraint ?? row.Rejection.Column)).Distinct();
        var isNew = false;
        foreach (var (state, name) in causes)
        {
            if (state is null || name is null || _found.Count == MostCauses || _found.ContainsKey((state, name))) continue;
            var probe = await ConstraintProbe.FindAsync(connection, transaction, mapping.Table, state, name, cancellationToken);
            _found[(state, name)] = probe is not null && IsOfColumns(probe) ? probe : null;
            isNew = true;
        }

        var probes = _found.Values.OfType<ConstraintProbe>().ToList();
        if (isNew && probes.Count > 0) _sql = new ProbeSql(mapping.Table, _columns, probes);
    }

    private bool IsOfColumns(ConstraintProbe probe) =>
        probe.Columns.Count > 0 && probe.Columns.All(name => _columns.Any(column => column.Name == name));
}

/// <summary>The statements by which a batch's rows are asked about, by the few columns that matter.</summary>
internal sealed class ProbeSql
{
    public ProbeSql(TableName table, IReadOnlyList<TargetColumn> columns, IReadOnlyList<ConstraintProbe> probes)
    {
        var asked = probes.SelectMany(probe => probe.Columns).ToHashSet();
        Fields = [.. Enumerable.Range(0, columns.Count).Where(field => asked.Contains(columns[field].Name))];
        Staging = new StagingTable(table.Quoted, [.. Fields.Select(field => columns[field])]);
        Query = $"{string.Join(" UNION ", probes.Select(probe => $"({probe.QueryOf(Staging)})"))} ORDER BY 1";
    }

    /// <summary>The columns' places in a row, ascending.</summary>
    public IReadOnlyList<int> Fields { get; }

    public StagingTable Staging { get; }

    /// <summary>Selects the numbers of the rows that are likely to be refused, ascending.</summary>
    public string Query { get; }
}
