using Npgsql;

namespace Migration.Contracts.Ledger;

/// <summary>
/// Cuts a slice that takes its workers down, so that the record at fault is found in the smaller and smaller part that
/// still does.
/// </summary>
/// <remarks>
/// The slice keeps what is done and the first part; each other part becomes a slice of its own, numbered after all
/// others of its collection. One transaction under the fence: whatever happens to the one who cuts, and however late he
/// does it, the ranges of the collection's slices neither overlap nor leave a gap, and their limits keep their sum.
/// </remarks>
public sealed class SplitLedger(NpgsqlDataSource target)
{
    /// <param name="claim">Gives the slice up with this; all parts wait for a worker afterwards.</param>
    /// <param name="parts">At least two, in order.</param>
    /// <returns>The slice and the new ones, for which messages have to be sent.</returns>
    /// <exception cref="FenceLostException">The slice is somebody else's by now; nothing was cut.</exception>
    /// <exception cref="LedgerException">The parts' limits do not add up to what is left of the slice.</exception>
    public async Task<IReadOnlyList<PendingSlice>> SplitAsync(
        SliceClaim claim, IReadOnlyList<SlicePart> parts, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parts.Count, 2);
        var kept = claim.Limit - parts.Skip(1).Sum(part => part.Limit);
        if (kept != claim.Limit - claim.Remaining + parts[0].Limit || parts.Any(part => part.Limit < 0))
            throw new LedgerException($"{claim.Id}: the parts' limits do not add up to the {claim.Remaining} records that are left; nothing was cut.");

        await using var connection = await target.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var slices = new List<PendingSlice> { new(claim.Id, claim.Offset, kept) };
        await CutAsync(connection, claim, parts[0].Last, kept, cancellationToken);
        var number = await NextNumberAsync(connection, claim.Id, cancellationToken);
        for (var i = 1; i < parts.Count; i++)
        {
            var offset = slices[^1].Offset + slices[^1].Limit;
            slices.Add(new(claim.Id with { Number = number++ }, offset, parts[i].Limit));
            await AddAsync(connection, slices[^1], claim, parts[i], parts[i - 1].Last, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return slices;
    }

    private static async Task CutAsync(
        NpgsqlConnection connection, SliceClaim claim, RecordPosition last, long limit, CancellationToken cancellationToken)
    {
        var cut = await connection.ExecuteAsync(
            """
            UPDATE migration.slice
            SET state = 'planned', worker_id = NULL, is_waiting = false, last_position = $6, record_limit = $7,
                splits = splits + 1, attempts = attempts - 1, stalled_attempts = 0, silent_attempts = 0, step = NULL
            WHERE run_id = $1 AND collection = $2 AND number = $3 AND state = 'running' AND claim = $4
              AND checkpoint IS NOT DISTINCT FROM $5
            """,
            cancellationToken, claim.Id.RunId, claim.Id.Collection, claim.Id.Number, claim.Claim,
            claim.Checkpoint?.Bson.ToArray(), last.Bson.ToArray(), limit);
        if (cut != 1)
            throw new FenceLostException($"{claim.Id}: claim {claim.Claim} is no longer the latest, or its checkpoint has moved; nothing was cut.");
    }

    /// <summary>The collection's row is locked until the commit, so that two who cut do not count to the same number.</summary>
    private static async Task<int> NextNumberAsync(NpgsqlConnection connection, SliceId id, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(
            "SELECT FROM migration.collection WHERE run_id = $1 AND name = $2 FOR NO KEY UPDATE", cancellationToken,
            id.RunId, id.Collection);
        return await connection.ScalarAsync<int>(
            "SELECT max(number) + 1 FROM migration.slice WHERE run_id = $1 AND collection = $2", cancellationToken,
            id.RunId, id.Collection);
    }

    /// <summary>
    /// It goes on after the part before it, so that what a live source gains between the two is in one of them.
    /// </summary>
    private static Task<int> AddAsync(
        NpgsqlConnection connection, PendingSlice slice, SliceClaim parent, SlicePart part, RecordPosition after,
        CancellationToken cancellationToken)
        => connection.ExecuteAsync(
            """
            INSERT INTO migration.slice (run_id, collection, number, record_offset, record_limit, bracket, first_position,
                                         last_position, splits, checkpoint)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            """,
            cancellationToken, slice.Id.RunId, slice.Id.Collection, slice.Id.Number, slice.Offset, slice.Limit,
            parent.Range.Bracket, part.First.Bson.ToArray(), part.Last.Bson.ToArray(), parent.Splits + 1,
            after.Bson.ToArray());
}
