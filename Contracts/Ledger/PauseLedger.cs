using Migration.Contracts.Migrations;
using Npgsql;

namespace Migration.Contracts.Ledger;

/// <summary>
/// Collections that stop because too many of their records are quarantined. The limit stands beside the collection, so
/// that all who work on it hold the same one, and a worker need not be told when it is changed.
/// </summary>
/// <remarks>
/// What counts is what is in quarantine now, by the slices' counts: a record that a replay has brought in counts no more.
/// Slices of a paused collection are not given away; those in hand are handed back after the batch in hand.
/// </remarks>
public sealed class PauseLedger(NpgsqlDataSource target)
{
    private const string Number = "FM999,999,999,999,999,990";

    /// <summary>Sets the limit of a collection that is planned, for a share is of the records planned.</summary>
    public Task SetLimitAsync(Guid runId, string collection, QuarantineLimit limit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(limit);
        return target.ExecuteAsync(
            """
            UPDATE migration.collection SET max_quarantined = greatest($3, floor(keys * $4::numeric / 100)::bigint)
            WHERE run_id = $1 AND name = $2 AND keys IS NOT NULL
            """,
            cancellationToken, runId, collection, limit.Records, limit.Percent);
    }

    /// <summary>Pauses the collection if its quarantine is over the limit, in one statement; only the first who finds it so does.</summary>
    public async Task<QuarantineLevel> CheckAsync(Guid runId, string collection, CancellationToken cancellationToken)
        => (await target.QueryAsync(
            $"""
            WITH now AS (
                SELECT coalesce(sum(quarantined), 0)::bigint AS quarantined, coalesce(sum(read), 0)::bigint AS read
                FROM migration.slice WHERE run_id = $1 AND collection = $2),
            paused AS (
                UPDATE migration.collection c
                SET paused_at = clock_timestamp(),
                    pause_reason = format('%s of the %s records read are quarantined, and maxQuarantined allows %s',
                        to_char(now.quarantined, '{Number}'), to_char(now.read, '{Number}'), to_char(c.max_quarantined, '{Number}'))
                FROM now
                WHERE c.run_id = $1 AND c.name = $2 AND c.paused_at IS NULL AND now.quarantined > c.max_quarantined
                RETURNING c.pause_reason)
            SELECT now.quarantined, c.max_quarantined, coalesce(paused.pause_reason, c.pause_reason), paused.pause_reason IS NOT NULL
            FROM migration.collection c CROSS JOIN now LEFT JOIN paused ON true WHERE c.run_id = $1 AND c.name = $2
            """,
            row => new QuarantineLevel(
                row.GetInt64(0), row.Nullable<long>(1) ?? long.MaxValue, row.Text(2), row.GetBoolean(3)),
            cancellationToken, runId, collection)).Single();

    /// <summary>
    /// Lets paused collections go on, because the user runs the run again. Their slices count as never sent: messages for
    /// them were dropped.
    /// </summary>
    /// <param name="onlyWithinLimit">Leaves those paused whose quarantine is over the limit still.</param>
    public Task<List<ResumedCollection>> ResumeAsync(Guid runId, bool onlyWithinLimit, CancellationToken cancellationToken)
        => target.QueryAsync(
            """
            WITH before AS (
                SELECT c.name, c.pause_reason, c.max_quarantined,
                       (SELECT coalesce(sum(s.quarantined), 0)::bigint FROM migration.slice s
                        WHERE s.run_id = c.run_id AND s.collection = c.name) AS quarantined
                FROM migration.collection c WHERE c.run_id = $1 AND c.paused_at IS NOT NULL),
            resumed AS (
                UPDATE migration.collection c SET paused_at = NULL, pause_reason = NULL FROM before
                WHERE c.run_id = $1 AND c.name = before.name
                  AND (NOT $2 OR before.max_quarantined IS NULL OR before.quarantined <= before.max_quarantined)
                RETURNING c.name, before.pause_reason, before.quarantined, before.max_quarantined),
            waiting AS (
                SELECT s.collection, s.number FROM migration.slice s JOIN resumed ON resumed.name = s.collection
                WHERE s.run_id = $1 AND s.state = 'queued'
                ORDER BY s.collection, s.number FOR UPDATE OF s),
            unsent AS (
                UPDATE migration.slice s SET state = 'planned' FROM waiting
                WHERE s.run_id = $1 AND s.collection = waiting.collection AND s.number = waiting.number AND s.state = 'queued')
            SELECT name, pause_reason, quarantined, max_quarantined FROM resumed
            """,
            row => new ResumedCollection(
                row.GetString(0), row.GetString(1), row.GetInt64(2), row.Nullable<long>(3) ?? long.MaxValue),
            cancellationToken, runId, onlyWithinLimit);
}

/// <summary>How full a collection's quarantine is.</summary>
/// <param name="Limit">More than this pauses the collection.</param>
/// <param name="PauseReason">Null while it is not paused.</param>
/// <param name="PausedNow">It was this check that paused it.</param>
public sealed record QuarantineLevel(long Quarantined, long Limit, string? PauseReason, bool PausedNow);

/// <summary>A collection that was paused and goes on.</summary>
/// <param name="Reason">Why it was paused.</param>
/// <param name="Quarantined">Records in quarantine now.</param>
/// <param name="Limit">More than this pauses it again with the next record that is quarantined.</param>
public sealed record ResumedCollection(string Name, string Reason, long Quarantined, long Limit);
