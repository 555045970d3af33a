using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Migration.Contracts.Ledger;

/// <summary>
/// Divides a run's connections to the target among its workers.
/// </summary>
/// <remarks>
/// A share is held by a worker that is alive: one that says goodbye or is silent for longer than the lease has none any
/// more, and the next one that asks may have it. Nothing about data depends on it. Should a worker that was taken for dead
/// wake up, there are a few connections more than the limit until it ends.
/// </remarks>
public sealed class ConnectionLedger(NpgsqlDataSource target)
{
    /// <summary>Those who wait ask again at least this often; one that has not for longer is not expected any more.</summary>
    private static readonly TimeSpan Expectation = TimeSpan.FromMinutes(1);

    /// <param name="limit">For all workers together; null for none.</param>
    public Task SetLimitAsync(Guid runId, int? limit, CancellationToken cancellationToken)
        => target.ExecuteAsync(
            "UPDATE migration.run SET max_connections = $2::int WHERE id = $1", cancellationToken, runId, limit);

    /// <summary>
    /// Asks for a share, and beats the worker's heart. The answer is final for one that got any; one that got none asks
    /// again, and holds no connection meanwhile.
    /// </summary>
    /// <param name="wish">What the worker could use.</param>
    /// <param name="lease">How old another worker's heartbeat may be.</param>
    /// <returns>Null when others are just asking, or when the run is gone: nothing is known then.</returns>
    public async Task<ConnectionShare?> AskAsync(
        Guid workerId, Guid runId, int wish, TimeSpan lease, CancellationToken cancellationToken)
    {
        await using var connection = await target.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

        // Not waited for: hundreds that wait for a lock would hold the connections that they wait for.
        if (!await connection.ScalarAsync<bool>("SELECT pg_try_advisory_xact_lock($1)", cancellationToken, Key(runId)))
            return null;
        if (await DivideAsync(connection, workerId, runId, wish, lease, cancellationToken) is not { } share)
            return null;
        await connection.ExecuteAsync(
            "UPDATE migration.worker SET run_id = $2, connections = $3, heartbeat_at = clock_timestamp() WHERE id = $1",
            cancellationToken, workerId, runId, share.Connections);
        await transaction.CommitAsync(cancellationToken);
        return share;
    }

    public Task GiveBackAsync(Guid workerId, CancellationToken cancellationToken)
        => target.ExecuteAsync(
            "UPDATE migration.worker SET connections = 0, run_id = NULL WHERE id = $1", cancellationToken, workerId);

    private static async Task<ConnectionShare?> DivideAsync(
        NpgsqlConnection connection, Guid workerId, Guid runId, int wish, TimeSpan lease, CancellationToken cancellationToken)
    {
        // How many workers are wanted is known where somebody scales them; else it is how many there are.
        var found = await connection.QueryAsync(
            """
            SELECT r.max_connections, coalesce(sum(w.connections) FILTER (
                       WHERE w.heartbeat_at BETWEEN clock_timestamp() - $4 AND clock_timestamp() + $4), 0)::int,
                   coalesce(nullif(r.workers_wanted, 0), 1 + count(w.id)::int)
            FROM migration.run r
            LEFT JOIN migration.worker w ON w.run_id = r.id AND w.id <> $1 AND w.stopped_at IS NULL
              AND w.heartbeat_at BETWEEN clock_timestamp() - greatest($4, $3) AND clock_timestamp() + greatest($4, $3)
            WHERE r.id = $2 GROUP BY r.id
            """,
            row => ConnectionShare.Of(wish, row.Nullable<int>(0), row.GetInt32(1), row.GetInt32(2)),
            cancellationToken, workerId, runId, Expectation, lease);
        return found.SingleOrDefault();
    }

    private static long Key(Guid runId)
        => BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"migration connections {runId}")));
}
