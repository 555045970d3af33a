using Npgsql;
using NpgsqlTypes;
using static Migration.Contracts.Ledger.LedgerCommands;

namespace Migration.Contracts.Ledger;

/// <summary>A slice's step forward, within the transaction that wrote the rows.</summary>
/// <param name="Claim">As it was when the batch was read.</param>
/// <param name="Checkpoint">The batch's last record.</param>
/// <param name="IsFinal">The slice holds no record after it.</param>
public sealed record SliceAdvance(SliceClaim Claim, RecordPosition Checkpoint, SliceCounts Batch, bool IsFinal)
{
    private const string Sql =
        """
        UPDATE migration.slice AS s
        SET checkpoint = $6, read = read + $7, written = written + $8, quarantined = quarantined + $9,
            skipped = skipped + $10, stalled_attempts = 0, silent_attempts = 0, is_waiting = false, step = NULL,
            progressed_at = clock_timestamp(),
            state = CASE WHEN $11 THEN 'completed' ELSE state END,
            worker_id = CASE WHEN $11 THEN NULL ELSE worker_id END,
            finished_at = CASE WHEN $11 THEN clock_timestamp() END
        WHERE run_id = $1 AND collection = $2 AND number = $3 AND state = 'running' AND claim = $4
          AND checkpoint IS NOT DISTINCT FROM $5
        RETURNING coalesce(extract(epoch FROM clock_timestamp() - claimed_at)::float8, 0),
                  EXISTS (SELECT FROM migration.collection c
                          WHERE c.run_id = s.run_id AND c.name = s.collection AND c.paused_at IS NOT NULL)
        """;

    /// <summary>
    /// Makes all of them, in one round trip. Of those whose fence is lost nothing is moved; the transaction must then be
    /// rolled back, with all that the others wrote.
    /// </summary>
    /// <returns>In the same order.</returns>
    public static async Task<IReadOnlyList<(SliceClaim Claim, FenceLostException? Lost)>> MakeAllAsync(
        NpgsqlTransaction transaction, IReadOnlyList<SliceAdvance> advances, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        ArgumentNullException.ThrowIfNull(advances);
        await using var batch = await transaction.Connection!.PrepareEachAsync(
            transaction, Sql, advances, advance => advance.Parameters(), cancellationToken);
        var moved = new List<(SliceClaim, FenceLostException?)>(advances.Count);
        await using var answer = await batch.ExecuteReaderAsync(cancellationToken);
        foreach (var advance in advances)
        {
            moved.Add(await answer.ReadAsync(cancellationToken)
                ? (advance.Moved(answer.GetDouble(0), answer.GetBoolean(1)), null)
                : (advance.Claim, advance.Lost()));
            await answer.NextResultAsync(cancellationToken);
        }

        return moved;
    }

    internal async Task<(SliceClaim Claim, FenceLostException? Lost)> MakeAsync(NpgsqlTransaction transaction, CancellationToken cancellationToken)
        => (await MakeAllAsync(transaction, [this], cancellationToken))[0];

    private NpgsqlParameter[] Parameters()
    {
        if (!Batch.AddsUp)
            throw new LedgerException($"{Claim.Id}: a batch of {Batch} does not add up; nothing of it was committed.");
        var id = Claim.Id;
        return
        [
            Of(id.RunId), Of(id.Collection), Of(id.Number), Of(Claim.Claim), Of(Claim.Checkpoint?.Bson.ToArray(), NpgsqlDbType.Bytea),
            Of(Checkpoint.Bson.ToArray()), Of(Batch.Read), Of(Batch.Written), Of(Batch.Quarantined), Of(Batch.Skipped), Of(IsFinal),
        ];
    }

    private SliceClaim Moved(double seconds, bool isPaused) => Claim with
    {
        Checkpoint = Checkpoint,
        Counts = Claim.Counts + Batch,
        StalledAttempts = 0,
        SilentAttempts = 0,
        Step = null,
        Seconds = seconds,
        IsPaused = isPaused,
    };

    private FenceLostException Lost()
        => new($"{Claim.Id}: claim {Claim.Claim} is no longer the latest, or its checkpoint has moved; the batch is rolled back.");
}
