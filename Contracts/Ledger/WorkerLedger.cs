using Npgsql;

namespace Migration.Contracts.Ledger;

/// <summary>Who is alive, by the database's clock.</summary>
public sealed class WorkerLedger(NpgsqlDataSource target)
{
    /// <param name="name"><c>host:pid</c>, for people.</param>
    public Task RegisterAsync(Guid workerId, string name, CancellationToken cancellationToken)
        => target.ExecuteAsync(
            "INSERT INTO migration.worker (id, name) VALUES ($1, $2)", cancellationToken, workerId, name);

    public Task HeartbeatAsync(Guid workerId, CancellationToken cancellationToken)
        => target.ExecuteAsync(
            "UPDATE migration.worker SET heartbeat_at = clock_timestamp() WHERE id = $1", cancellationToken, workerId);

    /// <summary>Says goodbye: what the worker still owns may be claimed at once.</summary>
    public Task StopAsync(Guid workerId, CancellationToken cancellationToken)
        => target.ExecuteAsync(
            "UPDATE migration.worker SET stopped_at = clock_timestamp() WHERE id = $1 AND stopped_at IS NULL",
            cancellationToken, workerId);

    /// <summary>How many workers a run has. One that waits asks again at least once a minute.</summary>
    public async Task<RunWorkerCount> CountAsync(Guid runId, TimeSpan lease, CancellationToken cancellationToken)
        => (await target.QueryAsync(
            """
            SELECT r.workers_wanted,
                   count(w.id) FILTER (WHERE w.connections > 0 AND w.heartbeat_at BETWEEN clock_timestamp() - $2 AND clock_timestamp() + $2)::int,
                   count(w.id) FILTER (WHERE w.connections = 0 AND w.heartbeat_at > clock_timestamp() - interval '1 minute')::int
            FROM migration.run r LEFT JOIN migration.worker w ON w.run_id = r.id AND w.stopped_at IS NULL
            WHERE r.id = $1 GROUP BY r.id
            """,
            row => new RunWorkerCount(row.Nullable<int>(0), row.GetInt32(1), row.GetInt32(2)), cancellationToken, runId, lease))
            .SingleOrDefault() ?? new RunWorkerCount(null, 0, 0);

    /// <summary>Names of the workers that have a slice of the run in hand and whose heartbeat is younger than the lease.</summary>
    public Task<List<string>> LiveOwnersAsync(Guid runId, TimeSpan lease, CancellationToken cancellationToken)
        => target.QueryAsync(
            """
            SELECT DISTINCT w.name FROM migration.worker w JOIN migration.slice s ON s.worker_id = w.id
            WHERE s.run_id = $1 AND s.state = 'running' AND w.stopped_at IS NULL
              AND w.heartbeat_at BETWEEN clock_timestamp() - $2 AND clock_timestamp() + $2
            ORDER BY w.name
            """,
            row => row.GetString(0), cancellationToken, runId, lease);
}

/// <summary>How many workers a run has.</summary>
/// <param name="Wanted">Null where nobody scales them.</param>
/// <param name="Working">Alive, with a share of the connections to the target.</param>
/// <param name="Waiting">Alive, without one.</param>
public sealed record RunWorkerCount(int? Wanted, int Working, int Waiting);
