using Npgsql;
using NpgsqlTypes;

namespace Migration.Contracts.Ledger;

/// <summary>The coordinator's side of the ledger before and while slices are published.</summary>
public sealed class PlanLedger(NpgsqlDataSource target)
{
    /// <summary>Collections of the run, in the order of the file.</summary>
    public Task<List<PlannedCollection>> ListAsync(Guid runId, CancellationToken cancellationToken)
        => target.QueryAsync(
            """
            SELECT name, table_name, planned_at IS NOT NULL, coalesce(keys, 0), seconds_per_record
            FROM migration.collection WHERE run_id = $1 ORDER BY ordinal
            """,
            row => new PlannedCollection(
                row.GetString(0), row.GetString(1), row.GetBoolean(2), row.GetInt64(3), row.Nullable<double>(4)),
            cancellationToken, runId);

    /// <summary>
    /// Writes a collection's slices, all of them in one transaction: a plan that was cut short by the coordinator's end
    /// leaves nothing behind and is made anew.
    /// </summary>
    /// <exception cref="LedgerException">
    /// The slices do not cover the keys: their limits do not add up, or an offset is not the sum of the limits before it.
    /// </exception>
    public async Task AddSlicesAsync(
        Guid runId, string collection, IReadOnlyList<SlicePlan> slices, long keys, double? secondsPerRecord,
        CancellationToken cancellationToken)
    {
        ProveCoverage(collection, slices, keys);
        await using var connection = await target.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var marked = await connection.ExecuteAsync(
            """
            UPDATE migration.collection SET planned_at = clock_timestamp(), keys = $3, seconds_per_record = $4
            WHERE run_id = $1 AND name = $2 AND planned_at IS NULL
            """,
            cancellationToken, runId, collection, keys, secondsPerRecord);
        if (marked != 1)
            throw new LedgerException(await WhyNotAsync(connection, runId, collection, cancellationToken));

        await CopyAsync(connection, runId, collection, slices, cancellationToken);

        // Workers keep their plans for its statements, which shall not be those for a handful of slices.
        await connection.ExecuteAsync("ANALYZE migration.slice", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>
    /// The next slices after <paramref name="after"/> that wait for a worker, in order: those for which no message was
    /// ever confirmed, and those whose last message was confirmed at least <paramref name="silentFor"/> ago. None of a
    /// collection that is paused.
    /// </summary>
    public Task<List<PendingSlice>> ListPendingAsync(
        Guid runId, string collection, int after, int count, TimeSpan silentFor, CancellationToken cancellationToken)
        => target.QueryAsync(
            """
            SELECT number, record_offset, record_limit FROM migration.slice
            WHERE run_id = $1 AND collection = $2 AND number > $3
              AND NOT EXISTS (SELECT FROM migration.collection c
                              WHERE c.run_id = $1 AND c.name = $2 AND c.paused_at IS NOT NULL)
              AND (state = 'planned' OR state = 'queued' AND queued_at <= clock_timestamp() - $5)
            ORDER BY number LIMIT $4
            """,
            row => new PendingSlice(new SliceId(runId, collection, row.GetInt32(0)), row.GetInt64(1), row.GetInt64(2)),
            cancellationToken, runId, collection, after, count, silentFor);

    /// <summary>Slices of the collection that wait for a worker, and the records that were counted in them.</summary>
    public async Task<(long Slices, long Records)> CountPendingAsync(Guid runId, string collection, CancellationToken cancellationToken)
        => (await target.QueryAsync(
            """
            SELECT count(*), coalesce(sum(record_limit), 0)::bigint FROM migration.slice
            WHERE run_id = $1 AND collection = $2 AND state IN ('planned', 'queued')
            """,
            row => (row.GetInt64(0), row.GetInt64(1)), cancellationToken, runId, collection))[0];

    /// <summary>
    /// Gives slices that had given up another set of attempts, because the user runs the run again after mending the
    /// cause. Returns how many.
    /// </summary>
    public Task<int> ReviveFailedAsync(Guid runId, CancellationToken cancellationToken)
        => target.ExecuteAsync(
            """
            UPDATE migration.slice
            SET state = 'planned', finished_at = NULL, stalled_attempts = 0, silent_attempts = 0, messages = 0, cause = NULL
            WHERE run_id = $1 AND state = 'failed'
            """,
            cancellationToken, runId);

    /// <summary>The slices that hold any record of the window [offset, offset + limit), in order, whatever their state.</summary>
    public Task<List<PendingSlice>> ListWindowAsync(
        Guid runId, string collection, long offset, long limit, CancellationToken cancellationToken)
        => target.QueryAsync(
            """
            SELECT number, record_offset, record_limit FROM migration.slice
            WHERE run_id = $1 AND collection = $2 AND record_offset < $3 + $4 AND record_offset + record_limit > $3
            ORDER BY number
            """,
            row => new PendingSlice(new SliceId(runId, collection, row.GetInt32(0)), row.GetInt64(1), row.GetInt64(2)),
            cancellationToken, runId, collection, offset, limit);

    /// <summary>Notes that the broker confirmed messages for these slices, which workers may be claiming already: locked in the same order.</summary>
    public Task MarkQueuedAsync(
        Guid runId, string collection, IReadOnlyCollection<int> numbers, CancellationToken cancellationToken)
        => target.ExecuteAsync(
            """
            WITH waiting AS (
                SELECT number FROM migration.slice
                WHERE run_id = $1 AND collection = $2 AND number = ANY($3) AND state IN ('planned', 'queued')
                ORDER BY number FOR UPDATE)
            UPDATE migration.slice s SET state = 'queued', queued_at = clock_timestamp(), messages = messages + 1
            FROM waiting
            WHERE s.run_id = $1 AND s.collection = $2 AND s.number = waiting.number AND s.state IN ('planned', 'queued')
            """,
            cancellationToken, runId, collection, numbers.ToArray());

    private static void ProveCoverage(string collection, IReadOnlyList<SlicePlan> slices, long keys)
    {
        long next = 0;
        foreach (var slice in slices)
        {
            if (slice.Offset != next || slice.Limit <= 0)
            {
                throw new LedgerException(
                    $"{collection}: a slice at offset {slice.Offset} with limit {slice.Limit} follows {next} records; "
                    + "the slices would overlap or leave a gap, so nothing is started.");
            }

            next += slice.Limit;
        }

        if (next != keys)
        {
            throw new LedgerException(
                $"{collection}: {keys} keys were walked and the slices' limits add up to {next}; nothing is started.");
        }
    }

    private static async Task<string> WhyNotAsync(
        NpgsqlConnection connection, Guid runId, string collection, CancellationToken cancellationToken)
        => await connection.ScalarAsync<bool>(
            "SELECT EXISTS (SELECT FROM migration.collection WHERE run_id = $1 AND name = $2)", cancellationToken,
            runId, collection)
            ? $"{collection}: its slices stand in the ledger already; the plan is not written twice."
            : $"The run in the ledger has no collection '{collection}'; nothing was planned for it.";

    private static async Task CopyAsync(
        NpgsqlConnection connection, Guid runId, string collection, IReadOnlyList<SlicePlan> slices,
        CancellationToken cancellationToken)
    {
        await using var import = await connection.BeginBinaryImportAsync(
            """
            COPY migration.slice (run_id, collection, number, record_offset, record_limit, bracket, first_position,
                                  last_position) FROM STDIN (FORMAT BINARY)
            """,
            cancellationToken);
        for (var number = 0; number < slices.Count; number++)
        {
            var slice = slices[number];
            await import.StartRowAsync(cancellationToken);
            await import.WriteAsync(runId, NpgsqlDbType.Uuid, cancellationToken);
            await import.WriteAsync(collection, NpgsqlDbType.Text, cancellationToken);
            await import.WriteAsync(number, NpgsqlDbType.Integer, cancellationToken);
            await import.WriteAsync(slice.Offset, NpgsqlDbType.Bigint, cancellationToken);
            await import.WriteAsync(slice.Limit, NpgsqlDbType.Bigint, cancellationToken);
            await import.WriteAsync(slice.Range.Bracket, NpgsqlDbType.Text, cancellationToken);
            await import.WriteAsync(slice.Range.First.Bson, NpgsqlDbType.Bytea, cancellationToken);
            await import.WriteAsync(slice.Range.Last.Bson, NpgsqlDbType.Bytea, cancellationToken);
        }

        await import.CompleteAsync(cancellationToken);
    }
}
