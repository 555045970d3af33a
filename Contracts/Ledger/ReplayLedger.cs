using Npgsql;

namespace Migration.Contracts.Ledger;

/// <summary>Replays of a run: what failed is put back to work, and every replay is kept for the report.</summary>
public sealed class ReplayLedger(NpgsqlDataSource target)
{
    private const string Revived =
        "state = 'planned', finished_at = NULL, stalled_attempts = 0, silent_attempts = 0, messages = 0, cause = NULL";

    /// <summary>Notes that a replay begins. Returns its id.</summary>
    /// <param name="selection">What was asked for, as people are told.</param>
    /// <param name="fileHash">Of the migration file that it uses.</param>
    public async Task<Guid> StartAsync(Guid runId, string selection, string fileHash, CancellationToken cancellationToken)
    {
        var id = Guid.CreateVersion7();
        await target.ExecuteAsync(
            "INSERT INTO migration.replay (id, run_id, selection, file_hash) VALUES ($1, $2, $3, $4)", cancellationToken,
            id, runId, selection, fileHash);
        return id;
    }

    public Task FinishAsync(Guid id, CancellationToken cancellationToken)
        => target.ExecuteAsync(
            "UPDATE migration.replay SET finished_at = clock_timestamp() WHERE id = $1", cancellationToken, id);

    /// <summary>All replays of the run, the oldest first.</summary>
    public Task<List<ReplayRecord>> ListAsync(Guid runId, CancellationToken cancellationToken)
        => target.QueryAsync(
            """
            SELECT id, selection, file_hash, started_at, finished_at, slices, records, written, skipped, quarantined
            FROM migration.replay WHERE run_id = $1 ORDER BY started_at
            """,
            row => new ReplayRecord(
                row.GetGuid(0), row.GetString(1), row.GetString(2), row.GetFieldValue<DateTimeOffset>(3),
                row.Nullable<DateTimeOffset>(4), row.GetInt64(5), row.GetInt64(6), row.GetInt64(7), row.GetInt64(8),
                row.GetInt64(9)),
            cancellationToken, runId);

    /// <summary>
    /// Whether a record in quarantine or a slice that gave up bears this fingerprint, or did before a replay that was
    /// asked for it: one that died is to be started again with the same words.
    /// </summary>
    public Task<bool> KnowsCauseAsync(Guid runId, string cause, CancellationToken cancellationToken)
        => target.ScalarAsync<bool>(
            """
            SELECT EXISTS (SELECT FROM migration.quarantine WHERE run_id = $1 AND fingerprint = $2)
                OR EXISTS (SELECT FROM migration.slice WHERE run_id = $1 AND cause = $2 AND state = 'failed')
                OR EXISTS (SELECT FROM migration.replay WHERE run_id = $1 AND position(', cause ' || $2 || ',' IN selection || ',') > 0)
            """,
            cancellationToken, runId, cause);

    /// <summary>How many slices of the selection have given up.</summary>
    public Task<long> CountFailedAsync(Guid runId, FailureSelection selection, CancellationToken cancellationToken)
        => target.ScalarAsync<long>(
            """
            SELECT count(*) FROM migration.slice
            WHERE run_id = $1 AND state = 'failed' AND ($2::text IS NULL OR collection = $2) AND ($3::text IS NULL OR cause = $3)
            """,
            cancellationToken, runId, selection.Collection, selection.Cause);

    /// <summary>
    /// The state of each of these slices, and whether it belongs to the selection: it gave up for the selected cause, or
    /// did so before an earlier replay that died, and waits for a message since.
    /// </summary>
    public async Task<IReadOnlyDictionary<int, (SliceState State, bool IsSelected)>> StatesAsync(
        Guid runId, string collection, IReadOnlyCollection<int> numbers, FailureSelection selection,
        CancellationToken cancellationToken)
        => (await target.QueryAsync(
            """
            SELECT number, state, state <> 'failed' OR $4::text IS NULL OR cause = $4 IS TRUE
            FROM migration.slice WHERE run_id = $1 AND collection = $2 AND number = ANY($3)
            """,
            row => (Number: row.GetInt32(0), State: Enum.Parse<SliceState>(row.GetString(1), ignoreCase: true), Selected: row.GetBoolean(2)),
            cancellationToken, runId, collection, numbers.ToArray(), selection.Cause))
            .ToDictionary(row => row.Number, row => (row.State, row.Selected));

    /// <summary>
    /// Gives slices that had given up another set of attempts; those in another state are left as they are. Counted with
    /// the replay in the same transaction.
    /// </summary>
    /// <returns>Those that wait for a message now.</returns>
    public Task<List<PendingSlice>> ReviveAsync(
        Guid replayId, Guid runId, string collection, IReadOnlyCollection<int> numbers, CancellationToken cancellationToken)
        => target.QueryAsync(
            $"""
            WITH revived AS (
                UPDATE migration.slice SET {Revived}
                WHERE run_id = $2 AND collection = $3 AND number = ANY($4) AND state = 'failed'
                RETURNING collection, number, record_offset, record_limit),
            counted AS (UPDATE migration.replay SET slices = slices + (SELECT count(*) FROM revived) WHERE id = $1)
            SELECT collection, number, record_offset, record_limit FROM revived
            """,
            row => Pending(runId, row), cancellationToken, replayId, runId, collection, numbers.ToArray());

    /// <summary>The same for the first <paramref name="most"/> slices of the selection, whether a message of theirs is there or not.</summary>
    public Task<List<PendingSlice>> ReviveAsync(
        Guid replayId, Guid runId, FailureSelection selection, long most, CancellationToken cancellationToken)
        => target.QueryAsync(
            $"""
            WITH revived AS (
                UPDATE migration.slice s SET {Revived}
                FROM (SELECT collection, number FROM migration.slice
                      WHERE run_id = $2 AND state = 'failed'
                        AND ($3::text IS NULL OR collection = $3) AND ($4::text IS NULL OR cause = $4)
                      ORDER BY collection, number LIMIT $5) chosen
                WHERE s.run_id = $2 AND s.collection = chosen.collection AND s.number = chosen.number AND s.state = 'failed'
                RETURNING s.collection, s.number, s.record_offset, s.record_limit),
            counted AS (UPDATE migration.replay SET slices = slices + (SELECT count(*) FROM revived) WHERE id = $1)
            SELECT collection, number, record_offset, record_limit FROM revived
            """,
            row => Pending(runId, row), cancellationToken, replayId, runId, selection.Collection, selection.Cause, most);

    private static PendingSlice Pending(Guid runId, NpgsqlDataReader row)
        => new(new SliceId(runId, row.GetString(0), row.GetInt32(1)), row.GetInt64(2), row.GetInt64(3));
}
