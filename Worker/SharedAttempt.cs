using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Worker.Suspects;
using Migration.Worker.Targets;
using Npgsql;

namespace Migration.Worker;

/// <summary>
/// One attempt at the small slices of a message: their rows go to PostgreSQL by as few COPYs as a batch's size allows, each
/// committed with the checkpoints of all that it has rows of, each of which has its own fence.
/// </summary>
/// <remarks>
/// It knows no second try. When PostgreSQL refuses a row, a session is lost, a slice was given away or the source fails,
/// nothing of the batch is written, or it is not known whether it was: each slice that is left is then for an attempt of its own.
/// </remarks>
internal sealed class SharedAttempt(
    CollectionRows pipeline, WorkerSettings settings, string fileHash, LostSessions lost, PageReader pages, QuarantineBrake brake,
    SuspectGate? gate, HangWatch watch, TimeProvider time, ILogger logger)
{
    private readonly Lock _lock = new();
    private readonly List<SliceClaim> _left = [];

    /// <summary>Whether rows may be streamed now.</summary>
    public bool MayStream => pipeline.MayStream;

    /// <summary>Those without an outcome, as the ledger last told of them, in order.</summary>
    public IReadOnlyList<SliceClaim> Left
    {
        get
        {
            lock (_lock)
                return [.. _left];
        }
    }

    /// <summary>Their collection is paused.</summary>
    public bool IsPaused { get; private set; }

    /// <param name="completed">Told of slices when they are completed, in order.</param>
    /// <param name="drain">Asks to stop after the batch in hand.</param>
    /// <exception cref="SliceHungException">It stood still.</exception>
    /// <exception cref="FenceLostException">Somebody else has one of them.</exception>
    /// <exception cref="NpgsqlException">Whether the last batch was written is not known, or it was refused.</exception>
    public Task MakeAsync(
        IReadOnlyList<SliceClaim> claims, Action<IReadOnlyList<SliceClaim>> completed, CancellationToken drain, CancellationToken cancellationToken)
    {
        lock (_lock)
            _left.AddRange(claims);
        return watch.RunAsync(
            async (pulse, token) =>
            {
                await StreamAsync(completed, pulse, drain, token);
                return true;
            },
            cancellationToken);
    }

    /// <summary>How far a slice is that was left; the sessions that may still be at it are ended before.</summary>
    public async Task<ClaimOutcome> ReclaimAsync(SliceLedger ledger, SliceClaim claim, CancellationToken cancellationToken)
    {
        await lost.EndAsync(cancellationToken);
        return await ledger.ReclaimAsync(claim, cancellationToken);
    }

    private async Task StreamAsync(Action<IReadOnlyList<SliceClaim>> completed, Pulse pulse, CancellationToken drain, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var writer = new BatchWriter(pipeline, settings, fileHash, pages, logger);
        await using var line = new SlicesInLine(pipeline, pages, Left, pulse, IsEnough, time, cancellationToken);
        while (!IsEnough() && !IsPaused && pipeline.MayStream && await line.NextAsync() is { } first)
        {
            var batch = new StreamedBatch(first, line);
            pulse.Beat("write");
            await WriteAsync(writer, batch, cancellationToken);
            await line.CommittedAsync();
            pulse.Beat();
            Take(batch.Slices, completed);
            IsPaused = await brake.CountAsync(batch.Slices.Sum(slice => slice.Counts.Quarantined), pulse, cancellationToken)
                || batch.Slices.Any(slice => slice.After!.IsPaused);
        }

        bool IsEnough() => gate is { IsAloneWanted: true } || drain.IsCancellationRequested
            || time.GetElapsedTime(started).TotalSeconds >= settings.SliceBudgetSeconds;
    }

    private async Task WriteAsync(BatchWriter writer, StreamedBatch batch, CancellationToken cancellationToken)
    {
        await lost.EndAsync(cancellationToken);
        try
        {
            await lost.RunAsync(
                async connection =>
                {
                    await writer.StreamAsync(connection, batch, cancellationToken);
                    return true;
                },
                cancellationToken);
        }
        catch (NpgsqlException e) when (batch.Records > 0)
        {
            // Rows in vain say that they had better be kept; what took long, that batches had better be smaller.
            pipeline.StreamFailed();
            if (!(e is PostgresException refused && PostgresErrors.IsRowFault(refused)))
                pages.Sizes.Streamed.LearnOfFailure(batch.Spent);
            logger.StreamLost(batch.First.Claim.Id.ToString(), batch.Records, TransientRetry.FirstLine(e));
            throw;
        }
    }

    private void Take(IReadOnlyList<StreamedSlice> slices, Action<IReadOnlyList<SliceClaim>> completed)
    {
        foreach (var slice in slices)
            ProtocolPoint.Reached(ProtocolPoint.BatchCommitted, slice.Claim.Id.ToString());
        lock (_lock)
        {
            foreach (var slice in slices)
            {
                var at = _left.FindIndex(claim => claim.Id == slice.Claim.Id);
                if (slice.Made.IsFinal)
                    _left.RemoveAt(at);
                else
                    _left[at] = slice.After!;
            }
        }

        List<SliceClaim> done = [.. slices.Where(slice => slice.Made.IsFinal).Select(slice => slice.After!)];
        if (done.Count > 0)
            completed(done);
    }
}
