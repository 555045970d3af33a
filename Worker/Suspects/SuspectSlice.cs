using Migration.Contracts.Ledger;
using Migration.Worker.Consumers;
using Migration.Worker.Mapping;
using Migration.Worker.Sources;
using Npgsql;

namespace Migration.Worker.Suspects;

/// <summary>
/// What is done with a slice that has taken its worker down too often: it is cut into parts, and one whose last record
/// still does it has that record quarantined, unmapped and whole.
/// </summary>
/// <remarks>
/// A slice that was never cut gets all its attempts, for workers die of many things. A part gets one: it is under
/// suspicion already, and cutting it needlessly costs nothing but a few messages. A record that is alone gets three, for
/// it would be quarantined with no way back but a replay: the first may have been a neighbour's doing, as it was made
/// beside other slices, and the two after it were made with nothing else in hand.
/// </remarks>
internal sealed class SuspectSlice(
    string collection, PageReader pages, int maxAttempts, string fileHash, NpgsqlDataSource target, QuarantineBrake brake)
{
    private const int AttemptsOfPart = 1;
    private const int AttemptsOfRecord = 3;

    /// <summary>Beyond the limit: not even looking at the slice is survived, so it becomes a dead letter.</summary>
    private const int AttemptsToCut = 3;

    private readonly SliceCuts _cuts = new(pages);
    private readonly SplitLedger _splits = new(target);

    /// <returns>Null when it shall be migrated like any other.</returns>
    /// <exception cref="FenceLostException">It is somebody else's slice by now.</exception>
    /// <exception cref="SliceGivenUpException">Its worker dies of reading it.</exception>
    public async Task<SliceEnd?> ResolveAsync(SliceClaim claim, Pulse pulse, CancellationToken cancellationToken)
    {
        var most = MostAttempts(claim);
        if (claim.SilentAttempts < most)
            return null;
        if (claim.SilentAttempts >= most + AttemptsToCut)
            throw new SliceGivenUpException($"{claim.SilentAttempts} attempts took their worker down, the last ones while the slice was only looked at");

        pulse.Beat("read");
        var parts = await _cuts.FindAsync(claim, pulse, cancellationToken);
        return parts.Count switch
        {
            0 => null,
            1 => await QuarantineAsync(claim, pulse, cancellationToken),
            _ => new SliceEnd.Split(claim, await _splits.SplitAsync(claim, parts, cancellationToken)),
        };
    }

    private int MostAttempts(SliceClaim claim)
        => claim.Remaining <= 1 ? Math.Max(claim.Splits == 0 ? maxAttempts : 0, AttemptsOfRecord)
            : claim.Splits == 0 ? maxAttempts : AttemptsOfPart;

    private async Task<SliceEnd> QuarantineAsync(SliceClaim claim, Pulse pulse, CancellationToken cancellationToken)
    {
        using var page = await pages.ReadAsync(claim, claim.Checkpoint, 1, pulse, cancellationToken);
        var records = page.Records.Select(record => Quarantine.RecordOfSuspect(collection, record, Reason(claim))).ToList();
        var after = await QuarantineAsync(claim, page, records, cancellationToken);
        Instruments.Committed(collection, new SliceCounts(records.Count, 0, records.Count, 0));

        // With its connection closed: there may be no second one.
        await brake.CountAsync(records.Count, pulse, cancellationToken);
        return page.IsFinal ? new SliceEnd.Completed(after) : new SliceEnd.Unfinished(after);
    }

    private async Task<SliceClaim> QuarantineAsync(
        SliceClaim claim, SourcePage page, List<QuarantinedRecord> records, CancellationToken cancellationToken)
    {
        await using var connection = await target.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await QuarantineLedger.AddAsync(transaction, claim.Id, fileHash, records, cancellationToken);
        var after = await SliceLedger.AdvanceAsync(
            transaction, claim, page.Last, new SliceCounts(records.Count, 0, records.Count, 0), page.IsFinal, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return after;
    }

    private static RecordRejection Reason(SliceClaim claim)
    {
        var stage = Enum.TryParse<RecordStage>(claim.Step, ignoreCase: true, out var step) ? step : RecordStage.Read;
        return new RecordRejection(
            stage, null, null,
            "Worker processes die or hang of this record, even with nothing else in hand; see their logs, and its size and depth.",
            QuarantineReplayLedger.WorkerDied);
    }
}
