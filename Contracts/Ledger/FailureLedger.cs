using Npgsql;

namespace Migration.Contracts.Ledger;

/// <summary>What failed and stands there unmended: records in quarantine, slices that gave up, collections that are paused.</summary>
public sealed class FailureLedger(NpgsqlDataSource target)
{
    /// <summary>Causes of quarantine, the most frequent first; a record that a replay has brought in counts no more.</summary>
    /// <param name="bySlice">One row for each slice and cause.</param>
    /// <param name="most">Rows at most.</param>
    /// <param name="documentLength">Characters of the sample documents at most.</param>
    public Task<List<FailedRecords>> RecordsAsync(
        Guid runId, bool bySlice, int most, int documentLength, CancellationToken cancellationToken)
        => target.QueryAsync(
            """
            SELECT g.fingerprint, g.collection, g.stage, g.column_name, g.slice, q.sqlstate, q.exception, g.count, g.first, g.last,
                   q.message, q.id, q.record_id, left(q.document_json::text, $4), coalesce(length(q.document_json::text), 0)
            FROM (SELECT fingerprint, collection, stage, column_name, CASE WHEN $2 THEN slice END AS slice, count(*) AS count,
                         min(quarantined_at) AS first, max(quarantined_at) AS last, min(id) AS sample
                  FROM migration.quarantine WHERE run_id = $1 AND resolved_at IS NULL
                  GROUP BY 1, 2, 3, 4, 5 ORDER BY count(*) DESC, 2, 5, 1 LIMIT $3) g
            JOIN migration.quarantine q ON q.id = g.sample
            ORDER BY g.count DESC, g.collection, g.slice, g.fingerprint
            """,
            row => new FailedRecords(
                row.GetString(0), row.GetString(1), row.GetString(2), row.Text(3), row.Nullable<int>(4), row.Text(5), row.Text(6),
                row.GetInt64(7), row.GetFieldValue<DateTimeOffset>(8), row.GetFieldValue<DateTimeOffset>(9), row.GetString(10),
                row.GetInt64(11), row.Text(12), row.Text(13), row.GetInt32(14)),
            cancellationToken, runId, bySlice, most, documentLength);

    /// <summary>Causes of slices that gave up, the most frequent first.</summary>
    /// <param name="bySlice">One row for each slice.</param>
    /// <param name="most">Rows at most.</param>
    public Task<List<FailedSlices>> SlicesAsync(Guid runId, bool bySlice, int most, CancellationToken cancellationToken)
        => target.QueryAsync(
            """
            SELECT g.cause, g.collection, g.count, g.records, g.read, g.first, g.last, s.error, s.number, s.record_offset,
                   s.record_limit, s.attempts
            FROM (SELECT collection, cause, CASE WHEN $2 THEN number END AS number, count(*) AS count,
                         sum(record_limit)::bigint AS records, sum(read)::bigint AS read, min(finished_at) AS first,
                         max(finished_at) AS last, min(number) AS sample
                  FROM migration.slice s WHERE run_id = $1 AND state = 'failed'
                  GROUP BY 1, 2, 3 ORDER BY count(*) DESC, 1, min(number) LIMIT $3) g
            JOIN migration.slice s ON s.run_id = $1 AND s.collection = g.collection AND s.number = g.sample
            ORDER BY g.count DESC, g.collection, g.sample
            """,
            row => new FailedSlices(
                row.Text(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4),
                row.GetFieldValue<DateTimeOffset>(5), row.GetFieldValue<DateTimeOffset>(6), row.GetString(7), row.GetInt32(8),
                row.GetInt64(9), row.GetInt64(10), row.GetInt32(11)),
            cancellationToken, runId, bySlice, most);

    /// <summary>In the order of the migration file.</summary>
    public Task<List<PausedCollection>> PausedAsync(Guid runId, CancellationToken cancellationToken)
        => target.QueryAsync(
            """
            SELECT name, paused_at, pause_reason FROM migration.collection
            WHERE run_id = $1 AND paused_at IS NOT NULL ORDER BY ordinal
            """,
            row => new PausedCollection(row.GetString(0), row.GetFieldValue<DateTimeOffset>(1), row.GetString(2)),
            cancellationToken, runId);

    /// <summary>How much there is, whatever the causes.</summary>
    public async Task<(long Records, long Slices)> CountAsync(Guid runId, CancellationToken cancellationToken)
        => (await target.QueryAsync(
            """
            SELECT (SELECT count(*) FROM migration.quarantine WHERE run_id = $1 AND resolved_at IS NULL),
                   (SELECT count(*) FROM migration.slice WHERE run_id = $1 AND state = 'failed')
            """,
            row => (row.GetInt64(0), row.GetInt64(1)), cancellationToken, runId)).Single();
}
