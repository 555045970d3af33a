using Npgsql;

namespace Migration.Contracts.Ledger;

/// <summary>What people are shown: how far, what of it is wrong, what has stopped moving.</summary>
public sealed class ProgressLedger(NpgsqlDataSource target)
{
    /// <summary>While PostgreSQL was down no heart could beat: for a lease after its start nobody's silence means anything.</summary>
    private const string SinceStart = "pg_postmaster_start_time() NOT BETWEEN clock_timestamp() - $2 AND clock_timestamp() + $2";

    private const string Unclaimed = " messages were sent for it and no worker claimed it; see the error queue and the logs of the workers";

    /// <summary>Totals by collection, in the order of the file.</summary>
    public Task<List<CollectionProgress>> ByCollectionAsync(Guid runId, CancellationToken cancellationToken)
        => target.QueryAsync(
            """
            SELECT c.name, c.table_name, c.planned_at IS NOT NULL, coalesce(c.keys, 0), c.seconds_per_record,
                   count(s.number),
                   count(*) FILTER (WHERE s.state IN ('planned', 'queued')),
                   count(*) FILTER (WHERE s.state = 'running'),
                   count(*) FILTER (WHERE s.state = 'completed'),
                   count(*) FILTER (WHERE s.state = 'failed'),
                   coalesce(sum(s.read), 0)::bigint, coalesce(sum(s.written), 0)::bigint,
                   coalesce(sum(s.quarantined), 0)::bigint, coalesce(sum(s.skipped), 0)::bigint,
                   count(*) FILTER (WHERE s.state = 'completed' AND s.read <> s.record_limit),
                   coalesce(sum(s.attempts), 0)::bigint,
                   coalesce(sum(s.record_limit), 0)::bigint,
                   c.max_quarantined, c.paused_at, c.pause_reason
            FROM migration.collection c
            LEFT JOIN migration.slice s ON s.run_id = c.run_id AND s.collection = c.name
            WHERE c.run_id = $1
            GROUP BY c.run_id, c.name ORDER BY c.ordinal
            """,
            Read, cancellationToken, runId);

    /// <summary>Slices that gave up, or whose read count is not the planned one, the first of them.</summary>
    public Task<List<SliceProgress>> ListTroubledAsync(Guid runId, int count, CancellationToken cancellationToken)
        => target.QueryAsync(
            $"""
            SELECT {SliceRows.Columns} FROM migration.slice s
            WHERE s.run_id = $1 AND (s.state = 'failed' OR s.state = 'completed' AND s.read <> s.record_limit)
            ORDER BY s.collection, s.number LIMIT $2
            """,
            SliceRows.Read, cancellationToken, runId, count);

    /// <summary>One slice, or null.</summary>
    public async Task<SliceProgress?> FindSliceAsync(SliceId id, CancellationToken cancellationToken)
        => (await target.QueryAsync(
            $"SELECT {SliceRows.Columns} FROM migration.slice s WHERE s.run_id = $1 AND s.collection = $2 AND s.number = $3",
            SliceRows.Read, cancellationToken, id.RunId, id.Collection, id.Number)).SingleOrDefault();

    /// <summary>Causes of quarantine, the most frequent first.</summary>
    /// <param name="collection">Null for all.</param>
    public Task<List<QuarantineCause>> CausesAsync(
        Guid runId, int count, CancellationToken cancellationToken, string? collection = null)
        => target.QueryAsync(
            """
            SELECT fingerprint, collection, stage, min(column_name), min(sqlstate), count(*), min(message), min(record_id)
            FROM migration.quarantine
            WHERE run_id = $1 AND resolved_at IS NULL AND ($3::text IS NULL OR collection = $3)
            GROUP BY fingerprint, collection, stage ORDER BY count(*) DESC, fingerprint LIMIT $2
            """,
            row => new QuarantineCause(
                row.GetString(0), row.GetString(1), row.GetString(2), row.Text(3), row.Text(4), row.GetInt64(5),
                row.GetString(6), row.Text(7)),
            cancellationToken, runId, count, collection);

    /// <summary>
    /// Records in quarantine by collection, without those that a replay resolved, counted in their table and not in the
    /// slices' counts, so that a report can
    /// hold one against the other.
    /// </summary>
    public async Task<Dictionary<string, long>> CountQuarantineAsync(Guid runId, CancellationToken cancellationToken)
        => (await target.QueryAsync(
            "SELECT collection, count(*) FROM migration.quarantine WHERE run_id = $1 AND resolved_at IS NULL GROUP BY collection",
            row => (Collection: row.GetString(0), Count: row.GetInt64(1)), cancellationToken, runId))
            .ToDictionary(row => row.Collection, row => row.Count, StringComparer.Ordinal);

    /// <summary>
    /// Slices without an outcome and without a live owner: running ones whose worker stopped or is silent for longer
    /// than the lease become queued again and are returned, so that a new message can be sent for each. Of workers that are
    /// silent the sessions are ended first. A heartbeat in the future is as good as none: the database's clock was set back,
    /// and a worker that lives has the right time there a moment later.
    /// </summary>
    public async Task<List<PendingSlice>> ReleaseAbandonedAsync(Guid runId, TimeSpan lease, CancellationToken cancellationToken)
    {
        await EndSilentSessionsAsync(runId, lease, cancellationToken);
        return await target.QueryAsync(
            $"""
            WITH abandoned AS (
                SELECT s.collection, s.number, s.worker_id FROM migration.slice s JOIN migration.worker w ON w.id = s.worker_id
                WHERE s.run_id = $1 AND s.state = 'running'
                  AND (w.stopped_at IS NOT NULL OR w.heartbeat_at NOT BETWEEN clock_timestamp() - $2 AND clock_timestamp() + $2 AND {SinceStart})
                ORDER BY s.collection, s.number FOR UPDATE OF s)
            UPDATE migration.slice s
            SET state = 'queued', worker_id = NULL, queued_at = clock_timestamp(), is_waiting = false,
                silent_attempts = s.silent_attempts + (NOT s.is_waiting)::int,
                stalled_attempts = greatest(s.stalled_attempts - s.is_waiting::int, s.silent_attempts + (NOT s.is_waiting)::int)
            FROM abandoned a
            WHERE s.run_id = $1 AND s.collection = a.collection AND s.number = a.number AND s.state = 'running' AND s.worker_id = a.worker_id
            RETURNING s.collection, s.number, s.record_offset, s.record_limit
            """,
            row => new PendingSlice(
                new SliceId(runId, row.GetString(0), row.GetInt32(1)), row.GetInt64(2), row.GetInt64(3)),
            cancellationToken, runId, lease);
    }

    /// <summary>
    /// A worker that stands still in the middle of a batch holds the slice's row and its rows in the target: releasing the
    /// slice, and then whoever takes it, would wait for it. Sessions of another user are left to their own time limits, see
    /// <see cref="WorkerSession.BeginBatchAsync"/>; a worker that lives after all opens new ones and finds its fence lost.
    /// </summary>
    private Task<int> EndSilentSessionsAsync(Guid runId, TimeSpan lease, CancellationToken cancellationToken)
        => target.ExecuteAsync(
            $"""
            SELECT pg_terminate_backend(a.pid)
            FROM pg_stat_activity a
            WHERE a.usename = current_user AND a.datname = current_database() AND a.application_name IN (
                SELECT {WorkerSession.ApplicationNameInSql}
                FROM migration.worker w JOIN migration.slice s ON s.worker_id = w.id
                WHERE s.run_id = $1 AND s.state = 'running' AND w.stopped_at IS NULL
                  AND w.heartbeat_at NOT BETWEEN clock_timestamp() - $2 AND clock_timestamp() + $2 AND {SinceStart})
            """,
            cancellationToken, runId, lease);

    /// <summary>True when a slice waits for which so many messages were confirmed without any worker claiming it.</summary>
    public Task<bool> HasUnheardSlicesAsync(Guid runId, int messages, CancellationToken cancellationToken)
        => target.ScalarAsync<bool>(
            """
            SELECT EXISTS (SELECT FROM migration.slice s JOIN migration.collection c ON c.run_id = s.run_id AND c.name = s.collection
                           WHERE s.run_id = $1 AND s.state = 'queued' AND s.messages >= $2 AND c.paused_at IS NULL)
            """,
            cancellationToken, runId, messages);

    /// <summary>
    /// Gives up slices for which that many messages were sent one after the other without any worker claiming them: the
    /// broker loses them all, or no worker can read them. Returns how many.
    /// </summary>
    public async Task<int> FailUnclaimedAsync(Guid runId, int messages, CancellationToken cancellationToken)
    {
        var collections = await target.QueryAsync(
            "SELECT name FROM migration.collection WHERE run_id = $1", row => row.GetString(0), cancellationToken, runId);
        return await target.ExecuteAsync(
            """
            WITH hopeless AS (
                SELECT collection, number FROM migration.slice WHERE run_id = $1 AND state = 'queued' AND messages >= $2
                ORDER BY collection, number FOR UPDATE)
            UPDATE migration.slice s
            SET state = 'failed', finished_at = clock_timestamp(), error = s.messages || $3, cause = c.cause
            FROM hopeless h JOIN unnest($4::text[], $5::text[]) AS c (name, cause) ON c.name = h.collection
            WHERE s.run_id = $1 AND s.collection = h.collection AND s.number = h.number AND s.state = 'queued' AND s.messages >= $2
            """,
            cancellationToken, runId, messages, Unclaimed, collections.ToArray(),
            collections.Select(name => CauseFingerprint.OfSlice(name, messages + Unclaimed)).ToArray());
    }

    private static CollectionProgress Read(NpgsqlDataReader row) => new(
        new PlannedCollection(
            row.GetString(0), row.GetString(1), row.GetBoolean(2), row.GetInt64(3), row.Nullable<double>(4)),
        new SliceTally(row.GetInt64(5), row.GetInt64(6), row.GetInt64(7), row.GetInt64(8), row.GetInt64(9)),
        new SliceCounts(row.GetInt64(10), row.GetInt64(11), row.GetInt64(12), row.GetInt64(13)),
        row.GetInt64(14), row.GetInt64(15), row.GetInt64(16))
    {
        MaxQuarantined = row.Nullable<long>(17),
        PausedAt = row.Nullable<DateTimeOffset>(18),
        PauseReason = row.Text(19),
    };
}
