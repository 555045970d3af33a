using Npgsql;
using NpgsqlTypes;
using static Migration.Contracts.Ledger.LedgerCommands;

namespace Migration.Contracts.Ledger;

/// <summary>
/// The worker's side of the ledger: claim, advance, hand back, fail.
/// </summary>
/// <remarks>
/// Exactly-once rests on two columns. <c>claim</c> grows whenever the slice is given to somebody, and <c>checkpoint</c>
/// moves in the transaction that writes the rows. <see cref="AdvanceAsync"/> names both as they were when the batch was
/// read; if either has changed it updates no row and the whole batch rolls back. So a redelivered message, a second copy
/// of it, or a worker that wakes up after its slice was given away can cost time but can never write a row twice.
/// Who may claim is only a question of not wasting work, and may therefore lean on heartbeats and the broker's word.
/// Handing back and failing name the claim, too: an attempt that was overtaken can take nothing from the one after it.
/// </remarks>
public sealed class SliceLedger(NpgsqlDataSource target, Guid workerId, TimeSpan lease)
{
    private const string ClaimSql =
        """
        UPDATE migration.slice AS s
        SET state = 'running', worker_id = $4, message_id = $7, claim = s.claim + 1, error = NULL, cause = NULL, messages = 0,
            attempts = s.attempts + (NOT s.is_waiting)::int,
            stalled_attempts = s.stalled_attempts + (NOT s.is_waiting)::int,
            silent_attempts = s.silent_attempts + (s.state = 'running' AND NOT s.is_waiting AND s.worker_id <> $4)::int,
            is_waiting = s.silent_attempts > 0 OR s.state = 'running' AND s.worker_id <> $4,
            claimed_at = coalesce(s.claimed_at, clock_timestamp())
        WHERE s.run_id = $1 AND s.collection = $2 AND s.number = $3
          AND NOT EXISTS (SELECT FROM migration.collection c
                          WHERE c.run_id = s.run_id AND c.name = s.collection AND c.paused_at IS NOT NULL)
          AND (s.state IN ('planned', 'queued')
               OR s.state = 'running' AND ($5 AND (s.message_id IS NULL OR s.message_id = $7) OR s.worker_id = $4 OR NOT EXISTS (
                   SELECT FROM migration.worker w
                   WHERE w.id = s.worker_id AND w.stopped_at IS NULL
                     AND w.heartbeat_at BETWEEN clock_timestamp() - $6 AND clock_timestamp() + $6)))
        RETURNING s.claim, s.record_offset, s.record_limit, s.first_position, s.last_position, s.bracket,
                  s.checkpoint, s.read, s.written, s.quarantined, s.skipped, s.attempts, s.stalled_attempts,
                  s.silent_attempts, s.splits, s.step
        """;

    /// <summary>
    /// Takes the slice unless it has its outcome or a live worker has it in hand. Taken from another worker that said
    /// nothing of how its attempt ended, it counts one silent attempt more; such a suspect waits for
    /// <see cref="BeginAsync"/> before it is worked on.
    /// </summary>
    /// <param name="message">The message's id, the same whenever it is delivered; null where there is none.</param>
    /// <param name="redelivered">
    /// True when the broker says that the message's former consumer is gone or gave it back: then an owner who claimed the
    /// slice by this very message is not waited for. One who claimed it by another message is: the one that is gone had
    /// lost the slice before, and its end was counted then.
    /// </param>
    public async Task<ClaimOutcome> ClaimAsync(
        SliceId id, Guid? message, bool redelivered, CancellationToken cancellationToken)
        => (await ClaimAllAsync([id], message, redelivered, cancellationToken))[0] is { } claim
            ? new ClaimOutcome.Granted(claim) : await ExplainAsync(id, cancellationToken);

    /// <summary>The same for several, by one transaction.</summary>
    /// <param name="ids">In ascending order, in which others lock several of them.</param>
    /// <returns>In the same order; null where it is not granted, for which <see cref="ExplainAsync"/> has the reason.</returns>
    /// <inheritdoc cref="ClaimAsync"/>
    public async Task<IReadOnlyList<SliceClaim?>> ClaimAllAsync(
        IReadOnlyList<SliceId> ids, Guid? message, bool redelivered, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ids);
        await using var connection = await target.OpenConnectionAsync(cancellationToken);
        return await connection.QueryEachAsync(
            ClaimSql, ids,
            id => [Of(id.RunId), Of(id.Collection), Of(id.Number), Of(workerId), Of(redelivered), Of(lease), Of(message, NpgsqlDbType.Uuid)],
            ReadClaim, cancellationToken);
    }

    /// <summary>
    /// Within the transaction that wrote the batch's rows: moves the checkpoint and adds the counts; with
    /// <paramref name="isFinal"/> the slice is completed.
    /// </summary>
    /// <exception cref="FenceLostException">The claim or the checkpoint is not what the batch started from.</exception>
    public static async Task<SliceClaim> AdvanceAsync(
        NpgsqlTransaction transaction, SliceClaim claim, RecordPosition checkpoint, SliceCounts batch, bool isFinal,
        CancellationToken cancellationToken)
    {
        var (moved, lost) = await new SliceAdvance(claim, checkpoint, batch, isFinal).MakeAsync(transaction, cancellationToken);
        return lost is null ? moved : throw lost;
    }

    /// <summary>
    /// After a write whose end is not known: takes the slice again, with a new fence, if it is still this claim's. The
    /// answer says how far the slice really is. Not counted as an attempt.
    /// </summary>
    public async Task<ClaimOutcome> ReclaimAsync(SliceClaim claim, CancellationToken cancellationToken)
    {
        var id = claim.Id;
        var granted = await target.QueryAsync(
            """
            UPDATE migration.slice SET claim = claim + 1
            WHERE run_id = $1 AND collection = $2 AND number = $3 AND state = 'running' AND worker_id = $4 AND claim = $5
            RETURNING claim, record_offset, record_limit, first_position, last_position, bracket, checkpoint, read, written,
                      quarantined, skipped, attempts, stalled_attempts, silent_attempts, splits, step
            """,
            row => ReadClaim(id, row), cancellationToken, id.RunId, id.Collection, id.Number, workerId, claim.Claim);
        return granted is [var again] ? new ClaimOutcome.Granted(again) : await ExplainAsync(id, cancellationToken);
    }

    private const string HandBackSql =
        """
        UPDATE migration.slice
        SET state = 'queued', worker_id = NULL, is_waiting = false, queued_at = clock_timestamp(),
            attempts = attempts - 1, stalled_attempts = greatest(stalled_attempts - 1, silent_attempts)
        WHERE run_id = $1 AND collection = $2 AND number = $3 AND state = 'running' AND claim = $4
        """;

    /// <summary>Gives the slice back unfinished and without blame; false when it was no longer this claim's.</summary>
    public async Task<bool> HandBackAsync(SliceClaim claim, CancellationToken cancellationToken)
        => await target.ExecuteAsync(
            HandBackSql, cancellationToken, claim.Id.RunId, claim.Id.Collection, claim.Id.Number, claim.Claim) == 1;

    /// <summary>Gives several back, by one transaction; those that are no longer these claims' are left alone.</summary>
    /// <param name="claims">In ascending order, in which others lock several of them.</param>
    public async Task HandBackAllAsync(IReadOnlyList<SliceClaim> claims, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(claims);
        await using var connection = await target.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteEachAsync(
            HandBackSql, claims, claim => [Of(claim.Id.RunId), Of(claim.Id.Collection), Of(claim.Id.Number), Of(claim.Claim)], cancellationToken);
    }

    /// <summary>
    /// Notes what stopped this attempt and puts the slice back among the queued or, once <paramref name="maxAttempts"/>
    /// attempts that said what stopped them have moved nothing, among the failed.
    /// </summary>
    /// <param name="tookWorkerDown">
    /// It hung or ran out of memory: counted as a silent attempt, of which too many lead to a split and not to a failure.
    /// </param>
    /// <returns>The slice's new state and its attempts so far; null when it was no longer this claim's.</returns>
    public async Task<(SliceState State, int Attempts, int Stalled)?> FailAsync(
        SliceClaim claim, string error, int maxAttempts, bool tookWorkerDown, CancellationToken cancellationToken)
    {
        var failed = await target.QueryAsync(
            """
            UPDATE migration.slice
            SET state = CASE WHEN $7 OR stalled_attempts - silent_attempts < $6 THEN 'queued' ELSE 'failed' END,
                queued_at = CASE WHEN $7 OR stalled_attempts - silent_attempts < $6 THEN clock_timestamp() ELSE queued_at END,
                finished_at = CASE WHEN $7 OR stalled_attempts - silent_attempts < $6 THEN NULL ELSE clock_timestamp() END,
                worker_id = NULL, is_waiting = false, error = $5, silent_attempts = silent_attempts + $7::int,
                cause = CASE WHEN $7 OR stalled_attempts - silent_attempts < $6 THEN NULL ELSE $8 END,
                stalled_attempts = greatest(stalled_attempts, silent_attempts + $7::int)
            WHERE run_id = $1 AND collection = $2 AND number = $3 AND state = 'running' AND claim = $4
            RETURNING state, attempts, stalled_attempts
            """,
            row => (Enum.Parse<SliceState>(row.GetString(0), ignoreCase: true), row.GetInt32(1), row.GetInt32(2)),
            cancellationToken, claim.Id.RunId, claim.Id.Collection, claim.Id.Number, claim.Claim, LedgerText.Storable(error), maxAttempts,
            tookWorkerDown, CauseFingerprint.OfSlice(claim.Id.Collection, error));
        return failed is [var outcome] ? outcome : null;
    }

    /// <summary>
    /// This worker lives, and yet its slice was taken from it: the broker had lost its connection, or its heartbeat was late.
    /// What the slice was blamed with for that is taken back, unless it has moved since.
    /// </summary>
    /// <returns>Slices forgiven: 1 or 0.</returns>
    public Task<int> ForgiveAsync(SliceClaim overtaken, CancellationToken cancellationToken)
        => target.ExecuteAsync(
            """
            UPDATE migration.slice SET silent_attempts = silent_attempts - 1
            WHERE run_id = $1 AND collection = $2 AND number = $3 AND claim > $4 AND silent_attempts > 0
              AND checkpoint IS NOT DISTINCT FROM $5 AND (state <> 'running' OR worker_id <> $6)
            """,
            cancellationToken, overtaken.Id.RunId, overtaken.Id.Collection, overtaken.Id.Number, overtaken.Claim,
            Bytes(overtaken.Checkpoint), workerId);

    /// <summary>
    /// Gives the slice back whatever claim this worker holds it by; false when it does not hold it. For one whose last answer
    /// was lost: nobody else would ever find such a slice, for its owner is alive.
    /// </summary>
    public async Task<bool> LetGoAsync(SliceId id, CancellationToken cancellationToken)
        => await target.ExecuteAsync(
            """
            UPDATE migration.slice
            SET state = 'queued', worker_id = NULL, is_waiting = false, queued_at = clock_timestamp()
            WHERE run_id = $1 AND collection = $2 AND number = $3 AND state = 'running' AND worker_id = $4
            """,
            cancellationToken, id.RunId, id.Collection, id.Number, workerId) == 1;

    /// <summary>A suspect's attempt begins: its worker does nothing else now. False when it is no longer this claim's.</summary>
    public async Task<bool> BeginAsync(SliceClaim claim, CancellationToken cancellationToken)
        => await target.ExecuteAsync(
            """
            UPDATE migration.slice SET is_waiting = false
            WHERE run_id = $1 AND collection = $2 AND number = $3 AND state = 'running' AND claim = $4
            """,
            cancellationToken, claim.Id.RunId, claim.Id.Collection, claim.Id.Number, claim.Claim) == 1;

    /// <summary>How far the attempt at a suspected record has got, for whoever finds the worker dead.</summary>
    /// <param name="step"><c>read</c>, <c>map</c>, <c>enrich</c> or <c>write</c>.</param>
    public Task NoteStepAsync(SliceClaim claim, string step, CancellationToken cancellationToken)
        => target.ExecuteAsync(
            """
            UPDATE migration.slice SET step = $5
            WHERE run_id = $1 AND collection = $2 AND number = $3 AND state = 'running' AND claim = $4
            """,
            cancellationToken, claim.Id.RunId, claim.Id.Collection, claim.Id.Number, claim.Claim, step);

    /// <summary>Why a slice that was just asked for was not granted.</summary>
    public async Task<ClaimOutcome> ExplainAsync(SliceId id, CancellationToken cancellationToken)
    {
        var found = await target.QueryAsync(
            $"""
            SELECT {SliceRows.Columns}, w.name, c.pause_reason
            FROM migration.slice s LEFT JOIN migration.worker w ON w.id = s.worker_id
            JOIN migration.collection c ON c.run_id = s.run_id AND c.name = s.collection
            WHERE s.run_id = $1 AND s.collection = $2 AND s.number = $3
            """,
            row => (Slice: SliceRows.Read(row), Worker: row.Text(SliceRows.Count), Pause: row.Text(SliceRows.Count + 1)), cancellationToken,
            id.RunId, id.Collection, id.Number);
        return found switch
        {
            [] => new ClaimOutcome.Unknown(),
            [var (slice, _, _)] when slice.State is SliceState.Completed or SliceState.Failed
                => new ClaimOutcome.AlreadyDone(slice),
            [(_, _, { } reason)] => new ClaimOutcome.Paused(reason),
            // Given away, or freed, between the two statements: as good as owned, for reconcile looks after it.
            [var (_, worker, _), ..] => new ClaimOutcome.OwnedByAnother(worker ?? "a worker that just let go"),
        };
    }

    private static SliceClaim ReadClaim(SliceId id, NpgsqlDataReader row) => new(
        id, row.GetInt32(0), row.GetInt64(1), row.GetInt64(2),
        new KeyRange(
            new RecordPosition(row.GetFieldValue<byte[]>(3)), new RecordPosition(row.GetFieldValue<byte[]>(4)),
            row.GetString(5)),
        row.IsDBNull(6) ? null : new RecordPosition(row.GetFieldValue<byte[]>(6)),
        new SliceCounts(row.GetInt64(7), row.GetInt64(8), row.GetInt64(9), row.GetInt64(10)),
        row.GetInt32(11), row.GetInt32(12))
    { SilentAttempts = row.GetInt32(13), Splits = row.GetInt32(14), Step = row.Text(15) };

    private static byte[]? Bytes(RecordPosition? position) => position?.Bson.ToArray();
}
