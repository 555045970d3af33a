using Npgsql;

namespace Migration.Contracts.Ledger;

/// <summary>
/// What failed and still waits for somebody: records in quarantine that no replay resolved, slices that gave up, and
/// collections that are paused.
/// </summary>
/// <remarks>
/// The database groups in two steps, first by cause within each group: so that a group's example is one of its most
/// frequent cause, and a million records come back as at most <see cref="MostGroups"/> rows.
/// </remarks>
public sealed class FailureLedger(NpgsqlDataSource target)
{
    /// <summary>Groups that are returned; of the others there is a count.</summary>
    public const int MostGroups = 100;

    /// <summary>Fingerprints that are returned of a group.</summary>
    public const int MostFingerprints = 10;

    /// <summary>Characters of a document that come with its group.</summary>
    public const int PreviewLength = 500;

    /// <summary>Records in quarantine, the largest group first.</summary>
    public async Task<FailureGroups<QuarantineGroup>> QuarantineAsync(
        Guid runId, FailureGrouping by, CancellationToken cancellationToken)
        => Page(await target.QueryAsync(
            $"""
            WITH cause AS (
                SELECT collection, {QuarantineKey(by)} AS part, fingerprint, count(*) AS records,
                       min(quarantined_at) AS first_at, max(quarantined_at) AS last_at, min(id) AS example
                FROM migration.quarantine WHERE run_id = $1 AND resolved_at IS NULL GROUP BY 1, 2, 3),
            grouped AS (
                SELECT count(*) OVER () AS all_groups, sum(sum(records)) OVER ()::bigint AS total,
                       sum(records)::bigint AS records, min(first_at) AS first_at, max(last_at) AS last_at,
                       count(*) AS causes, (array_agg(fingerprint ORDER BY records DESC, example))[1:{MostFingerprints}] AS fingerprints,
                       (array_agg(example ORDER BY records DESC, example))[1] AS example
                FROM cause GROUP BY collection, part ORDER BY records DESC, example LIMIT {MostGroups})
            SELECT g.all_groups, g.total, q.collection, g.records, g.first_at, g.last_at, g.causes, g.fingerprints, q.stage,
                   q.column_name, q.sqlstate, q.exception, q.message, q.slice, q.record_id, q.id, length(q.document)::bigint,
                   left(q.document_json::text, {PreviewLength})
            FROM grouped g JOIN migration.quarantine q ON q.id = g.example ORDER BY g.records DESC, g.example
            """,
            row => (row.GetInt64(0), row.GetInt64(1), ReadQuarantine(row)), cancellationToken, runId));

    /// <summary>Slices that gave up, the largest group first.</summary>
    public async Task<FailureGroups<FailedSliceGroup>> SlicesAsync(
        Guid runId, FailureGrouping by, CancellationToken cancellationToken)
        => Page(await target.QueryAsync(
            $"""
            WITH cause AS (
                SELECT collection, {SliceKey(by)} AS part, cause AS fingerprint, count(*) AS slices, min(finished_at) AS first_at,
                       max(finished_at) AS last_at, sum(greatest(record_limit - read, 0)) AS records_left, min(number) AS example
                FROM migration.slice WHERE run_id = $1 AND state = 'failed' GROUP BY 1, 2, 3),
            grouped AS (
                SELECT count(*) OVER () AS all_groups, sum(sum(slices)) OVER ()::bigint AS total, collection,
                       sum(slices)::bigint AS slices, min(first_at) AS first_at, max(last_at) AS last_at, count(*) AS causes,
                       coalesce((array_agg(fingerprint ORDER BY slices DESC, example) FILTER (WHERE fingerprint IS NOT NULL))[1:{MostFingerprints}], ARRAY[]::text[]) AS fingerprints,
                       sum(records_left)::bigint AS records_left, (array_agg(example ORDER BY slices DESC, example))[1] AS example
                FROM cause GROUP BY collection, part ORDER BY slices DESC, collection, example LIMIT {MostGroups})
            SELECT g.all_groups, g.total, g.collection, g.slices, g.first_at, g.last_at, g.causes, g.fingerprints,
                   g.records_left, s.error, s.number, s.attempts
            FROM grouped g JOIN migration.slice s ON s.run_id = $1 AND s.collection = g.collection AND s.number = g.example
            ORDER BY g.slices DESC, g.collection, g.example
            """,
            row => (row.GetInt64(0), row.GetInt64(1), ReadSlice(row)), cancellationToken, runId));

    /// <summary>Paused collections, in the order of the migration file.</summary>
    public Task<List<PausedCollection>> PausedAsync(Guid runId, CancellationToken cancellationToken)
        => target.QueryAsync(
            """
            SELECT name, paused_at, pause_reason FROM migration.collection
            WHERE run_id = $1 AND paused_at IS NOT NULL ORDER BY ordinal
            """,
            row => new PausedCollection(row.GetString(0), row.GetFieldValue<DateTimeOffset>(1), row.GetString(2)),
            cancellationToken, runId);

    /// <summary>
    /// The whole document as canonical extended JSON: up to about 100 MB of text. Null where its bytes are no document, or
    /// the record is gone.
    /// </summary>
    /// <param name="quarantineId">Of <see cref="QuarantineGroup.QuarantineId"/>.</param>
    public async Task<string?> DocumentAsync(long quarantineId, CancellationToken cancellationToken)
        => (await target.QueryAsync(
            "SELECT document_json::text FROM migration.quarantine WHERE id = $1", row => row.Text(0), cancellationToken,
            quarantineId)).SingleOrDefault();

    private static string QuarantineKey(FailureGrouping by) => by switch
    {
        FailureGrouping.Cause => "fingerprint",
        FailureGrouping.Collection => "NULL::text",
        FailureGrouping.Column => "column_name",
        FailureGrouping.Slice => "slice",
        _ => throw new ArgumentOutOfRangeException(nameof(by), by, null),
    };

    /// <summary>A slice that gave up before the ledger kept causes is grouped by its error.</summary>
    private static string SliceKey(FailureGrouping by) => by switch
    {
        FailureGrouping.Cause or FailureGrouping.Column => "coalesce(cause, error)",
        FailureGrouping.Collection => "NULL::text",
        FailureGrouping.Slice => "number",
        _ => throw new ArgumentOutOfRangeException(nameof(by), by, null),
    };

    private static FailureGroups<T> Page<T>(List<(long AllGroups, long Total, T Group)> rows)
        => rows is [var (all, total, _), ..]
            ? new([.. rows.Select(row => row.Group)], all - rows.Count, total)
            : new([], 0, 0);

    private static QuarantineGroup ReadQuarantine(NpgsqlDataReader row) => new(
        row.GetString(2), row.GetInt64(3), row.GetFieldValue<DateTimeOffset>(4), row.GetFieldValue<DateTimeOffset>(5),
        row.GetInt64(6), row.GetFieldValue<string[]>(7), row.GetString(8), row.Text(9), row.Text(10), row.Text(11),
        row.GetString(12), row.GetInt32(13), row.Text(14), row.GetInt64(15), row.GetInt64(16), row.Text(17));

    private static FailedSliceGroup ReadSlice(NpgsqlDataReader row) => new(
        row.GetString(2), row.GetInt64(3), row.GetFieldValue<DateTimeOffset>(4), row.GetFieldValue<DateTimeOffset>(5),
        row.GetInt64(6), row.GetFieldValue<string[]>(7), row.GetInt64(8), row.GetString(9), row.GetInt32(10), row.GetInt32(11));
}
