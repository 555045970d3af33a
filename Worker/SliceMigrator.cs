using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Worker.Enrichment;
using Migration.Worker.Suspects;
using Migration.Worker.Targets;
using Npgsql;

namespace Migration.Worker;

/// <summary>
/// A slice's journey: read a page, map it, enrich it, write it and commit it together with the slice's checkpoint; again
/// until the slice has no record left, its time is up, or the worker is asked to stop.
/// </summary>
/// <remarks>
/// <para>Batches are prepared ahead of the one that is written (<see cref="MappedBatches"/>, and <see cref="EnrichedBatches"/>
/// where the collection is enriched), with memory that is bounded whatever the slice's size. No server cursor lives between
/// pages.</para>
/// <para>When writing fails for a transient reason it is not known whether the commit went through. The slice is then
/// claimed anew: the ledger says how far it really is, and the new claim is the fence for what follows.</para>
/// </remarks>
internal sealed class SliceMigrator(
    CollectionPipeline pipeline, WorkerSettings settings, string fileHash, SliceLedger ledger, LostSessions lost,
    PageReader pages, QuarantineBrake brake, SuspectGate? gate, TimeProvider time, ILogger logger)
{
    private Pulse _pulse = new();

    /// <summary>
    /// Records from the checkpoint on that are written in batches that are kept, so that they are written or fail for certain:
    /// what was streamed of them was lost, or an attempt before this one failed.
    /// </summary>
    private long _keeps;

    /// <summary>The claim as it stands: the one to hand back or to fail when an attempt ends by an exception.</summary>
    public SliceClaim? Claim { get; private set; }

    /// <param name="pulse">Beats as the attempt moves.</param>
    /// <param name="drain">Asks to stop after the batch in hand.</param>
    /// <exception cref="FenceLostException">The slice is somebody else's now; nothing of the last batch was written.</exception>
    public async Task<SliceEnd> MigrateAsync(
        SliceClaim claim, Pulse pulse, CancellationToken drain, CancellationToken cancellationToken)
    {
        // One that has failed before tells of its fault by itself, and takes no other with it.
        (Claim, _pulse, _keeps) = (claim, pulse, claim.StalledAttempts > 1 ? 1 : 0);
        ProtocolPoint.Reached(ProtocolPoint.SliceClaimed, claim.Id.ToString());
        await EnterAsync("read", cancellationToken);
        var (isSuspect, started) = (claim.IsSuspect, time.GetTimestamp());
        var writer = new BatchWriter(pipeline, settings, fileHash, pages, logger);

        // A suspect that has moved is none any more, and need not keep this worker to itself; and one that waits for
        // its turn need not wait for whole slices.
        bool IsEnough() => isSuspect || gate is { IsAloneWanted: true } || drain.IsCancellationRequested
            || time.GetElapsedTime(started).TotalSeconds >= settings.SliceBudgetSeconds;
        SliceEnd? end;
        do
            end = await MigrateAsync(writer, IsEnough, drain, cancellationToken);
        while (end is null);
        return end;
    }

    /// <summary>From the checkpoint on.</summary>
    /// <returns>Null when a streamed batch was lost, and what came of the slice is to be read again.</returns>
    private async Task<SliceEnd?> MigrateAsync(BatchWriter writer, Func<bool> isEnough, CancellationToken drain, CancellationToken cancellationToken)
    {
        var claim = Claim!;
        await using var batches = Begin(claim, drain, cancellationToken);
        while (await batches.NextAsync(cancellationToken) is { } batch)
        {
            await EnterAsync("write", cancellationToken);
            var (after, end, lostRecords) = await CommitAsync(writer, claim, batches, batch, isEnough, cancellationToken);
            var quarantined = after.Counts.Quarantined - claim.Counts.Quarantined;
            _keeps = Math.Max(lostRecords, _keeps - (after.Counts.Read - claim.Counts.Read));
            Claim = claim = after;
            if (lostRecords > 0)
                return null;
            ProtocolPoint.Reached(ProtocolPoint.BatchCommitted, claim.Id.ToString());
            _pulse.Beat();
            var isPaused = await brake.CountAsync(quarantined, _pulse, cancellationToken) || claim.IsPaused;
            if (end is not null)
                return isPaused ? end with { Claim = end.Claim with { IsPaused = true } } : end;
            if (isPaused)
                return new SliceEnd.Paused(claim);
            if (isEnough())
                batches.Stop();
        }

        return new SliceEnd.Unfinished(claim);
    }

    private ISliceBatches Begin(SliceClaim claim, CancellationToken drain, CancellationToken cancellationToken)
        => pipeline.Enrichment is { } enrichment
            ? new EnrichedBatches(pipeline, enrichment, pages, settings, claim, _pulse, EnterAsync, time, drain, cancellationToken).Begin()
            : new MappedBatches(pipeline, pages, claim, _pulse, EnterAsync, time, _keeps, cancellationToken).Begin();

    /// <summary>
    /// Where a record is alone under suspicion, the ledger is told of each step: should it take this worker down as well,
    /// that is the stage it is quarantined with.
    /// </summary>
    private async Task EnterAsync(string step, CancellationToken cancellationToken)
    {
        _pulse.Beat(step);
        if (Claim is { IsSuspect: true, Remaining: <= 1 } suspect)
        {
            await TransientRetry.Create($"Noting a step of {suspect.Id}", logger, time, _pulse).ExecuteAsync(
                async token => await ledger.NoteStepAsync(suspect, step, token), cancellationToken);
        }
    }

    /// <summary>
    /// Writes and commits the batch; retried as a whole, after asking the ledger whether it went through. Of one that was
    /// streamed nothing is left to try again.
    /// </summary>
    private async Task<Committed> CommitAsync(
        BatchWriter writer, SliceClaim claim, ISliceBatches batches, MappedBatch batch, Func<bool> isEnough,
        CancellationToken cancellationToken)
    {
        var streamed = claim.IsSuspect || _keeps > 0 || !pipeline.MayStream ? null : batches as MappedBatches;
        var isTooLarge = false;
        (BatchTry? made, StreamedSlice? stream, NpgsqlException? failure) = (null, null, null);
        return await TransientRetry.Create($"Writing {claim.Id}", logger, time, _pulse).ExecuteAsync(
            async token =>
            {
                await lost.EndAsync(token);
                if (made is not null)
                {
                    var (current, done) = await ReclaimAsync(claim, token);
                    if (done is not null || made.End is { } end && current.Checkpoint == end)
                        return new Committed(current, done);

                    // Somebody else had it in between and moved it: this page is not the next one any more.
                    if (current.Checkpoint != claim.Checkpoint)
                        return new Committed(current, new SliceEnd.Unfinished(current));
                    Claim = claim = current;
                    if (streamed is not null)
                        return Lost(current, stream!, failure!);

                    // Another try would take as long. What is read anew is smaller.
                    if (isTooLarge)
                        return new Committed(current, new SliceEnd.Unfinished(current));
                }

                (made, failure) = (new BatchTry(time), null);
                stream = streamed is null ? null : new StreamedSlice(claim, streamed, batch, isEnough, made, _pulse);
                try
                {
                    claim = await lost.RunAsync(
                        connection => stream is null
                            ? writer.WriteAsync(connection, claim, batch, made, token) : StreamAsync(writer, connection, stream, token),
                        token);
                }
                catch (PostgresException e) when (stream is not null && PostgresErrors.IsRowFault(e))
                {
                    return Lost(claim, stream, e);
                }
                catch (NpgsqlException e) when (stream is not null)
                {
                    // Whether it was in vain, the ledger knows.
                    failure = e;
                    pages.Sizes.Streamed.LearnOfFailure(made.Spent);
                    throw;
                }
                catch (Exception e) when (stream is null)
                {
                    var isSmallerNow = pages.Sizes.Kept.LearnOfFailure(made.Spent);
                    isTooLarge = isSmallerNow && PostgresErrors.IsTimeout(e) && batch.Page.Records.Count > 1;
                    throw;
                }

                return new Committed(claim, made.IsFinal ? new SliceEnd.Completed(claim) : null);
            },
            cancellationToken);
    }

    private static async Task<SliceClaim> StreamAsync(BatchWriter writer, NpgsqlConnection connection, StreamedSlice slice, CancellationToken cancellationToken)
    {
        await writer.StreamAsync(connection, new StreamedBatch(slice), cancellationToken);
        return slice.After!;
    }

    /// <summary>Of what was streamed nothing was committed.</summary>
    private Committed Lost(SliceClaim claim, StreamedSlice stream, NpgsqlException reason)
    {
        var records = stream.Made.Records;

        // Not begun, it says nothing of the table.
        if (records > 0)
        {
            pipeline.StreamFailed();
            logger.StreamLost(claim.Id.ToString(), records, TransientRetry.FirstLine(reason));
        }

        return new Committed(claim, null, Math.Max(1, records));
    }

    private async Task<(SliceClaim Claim, SliceEnd? Done)> ReclaimAsync(SliceClaim claim, CancellationToken cancellationToken)
        => await ledger.ReclaimAsync(claim, cancellationToken) switch
        {
            ClaimOutcome.Granted granted => (granted.Claim, null),
            ClaimOutcome.AlreadyDone { Slice: { State: SliceState.Completed } slice }
                => (claim, new SliceEnd.Completed(claim with { Counts = slice.Counts })),
            var other => throw new FenceLostException($"{claim.Id}: after a failed write the ledger answered {other}."),
        };

    /// <param name="End">Null where the slice goes on.</param>
    /// <param name="Lost">Where nothing was committed, and what was streamed is not there any more: its records, at least 1.</param>
    private readonly record struct Committed(SliceClaim Claim, SliceEnd? End, long Lost = 0);
}
