using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Worker.Hosting;
using Migration.Worker.Suspects;

namespace Migration.Worker.Consumers;

/// <summary>
/// How an attempt at a slice comes to its end: the ledger is told, whoever waits is told, and what is left goes back to the
/// queue or into the error queue. For one slice of a message.
/// </summary>
/// <param name="hold">On the slice; let go when a new message for it is sent.</param>
/// <param name="maxAttempts">That say what stopped them and move nothing before the slice is given up, which is the message's end.</param>
/// <param name="stop">The transport's end, or the run's: nothing more can be noted.</param>
internal sealed class AttemptEnding(
    RunContext run, SlicesInHand inHand, SlicesInHand.Hold hold, SliceMessages messages, int maxAttempts, DrainSignal drain,
    WorkRefusal refusal, TimeProvider time, ILogger logger, CancellationToken stop)
{
    /// <summary>It did not fail.</summary>
    public async Task EndAsync(SliceEnd end)
    {
        var (claim, counts) = (end.Claim, end.Claim.Counts);
        switch (end)
        {
            case SliceEnd.Completed:
                Instruments.Ended(claim.Id.Collection, "completed");
                logger.Completed(claim.Id.ToString(), counts.Read, counts.Written, counts.Quarantined, counts.Skipped);
                ProtocolPoint.Reached(ProtocolPoint.BeforeEvent, claim.Id.ToString());
                await messages.TellAsync(new SliceProgress(
                    claim.Id, SliceState.Completed, claim.Offset, claim.Limit, counts, claim.Attempts, claim.Seconds, null));
                ProtocolPoint.Reached(ProtocolPoint.BeforeAcknowledge, claim.Id.ToString());
                break;
            case SliceEnd.Split { Parts: var parts }:
                Instruments.Ended(claim.Id.Collection, "split");
                logger.Split(claim.Id.ToString(), claim.SilentAttempts, claim.Remaining, parts.Count);
                ProtocolPoint.Reached(ProtocolPoint.SliceSplit, claim.Id.ToString());
                await SendAsync(parts);
                await run.Plan.MarkQueuedAsync(
                    claim.Id.RunId, claim.Id.Collection, [.. parts.Select(part => part.Id.Number)], stop);
                break;
            case SliceEnd.Paused:
                await HandBackAsync(claim);
                logger.LeftPaused(claim.Id.ToString());
                break;
            default:
                Instruments.Ended(claim.Id.Collection, "handed_back");
                await HandBackAsync(claim);
                logger.HandedBack(claim.Id.ToString(), counts.Read, claim.Limit);
                await SendAgainAsync();
                break;
        }
    }

    /// <summary>
    /// The claim is not the latest any more. Usually another worker has the slice, and as this one lives the slice is not to
    /// be blamed for having changed hands. But it may be this very worker that has it, by a claim whose answer was lost: then
    /// nobody else would ever find it, and it goes back to the queue.
    /// </summary>
    /// <param name="by">The ledger to tell; null for the worker's.</param>
    public async Task EndOvertakenAsync(SliceClaim claim, SliceLedger? by = null)
    {
        var ledger = by ?? run.Ledger;
        logger.FenceLost(claim.Id.ToString());
        var isLeftOver = inHand.IsHeldOnce(claim.Id) && await RetryAsync(
            $"Letting {claim.Id} go", token => ledger.LetGoAsync(claim.Id, token));
        if (isLeftOver)
            await SendAgainAsync();
        else
            await RetryAsync($"Ending {claim.Id}", token => ledger.ForgiveAsync(claim, token));
    }

    /// <summary>The slice goes to the queue's end for another attempt, or to the error queue when it has had enough.</summary>
    public async Task FailAsync(SliceClaim claim, Exception exception)
    {
        try
        {
            await NoteFailureAsync(claim, exception);
        }
        finally
        {
            EndWhereDeaf(claim.Id, exception);
        }
    }

    /// <summary>Whatever became of the slice: only the process's end frees the thread.</summary>
    public void EndWhereDeaf(SliceId id, Exception exception)
    {
        if (exception is SliceHungException { IsDeaf: true })
            refusal.Refuse(new UserException(ExitCode.Hung, $"{id}: {TransientRetry.FirstLine(exception)}. This worker ends; another one takes its place."));
    }

    private async Task NoteFailureAsync(SliceClaim claim, Exception exception)
    {
        var error = TransientRetry.FirstLine(exception);
        var most = exception is SliceGivenUpException ? 0 : maxAttempts;
        var tookWorkerDown = SliceAttempt.TookWorkerDown(exception);

        // One that will not stop may sit on the very connection that this would wait for.
        var ledger = exception is SliceHungException { IsDeaf: true } ? run.SpareLedger : run.Ledger;

        // Waited out while the slice is still in hand: nobody else need try it sooner, nor reconcile wonder about it.
        if (claim.StalledAttempts < most)
            await PauseAsync(claim.StalledAttempts);
        var failed = await RetryAsync(
            $"Noting the failure of {claim.Id}", token => ledger.FailAsync(claim, error, most, tookWorkerDown, token));
        switch (failed)
        {
            case null:
                await EndOvertakenAsync(claim, ledger);
                break;
            case (SliceState.Failed, var attempts, _):
                Instruments.Ended(claim.Id.Collection, "failed");
                logger.GivenUp(claim.Id.ToString(), attempts, error);
                await messages.TellAsync(new SliceProgress(
                    claim.Id, SliceState.Failed, claim.Offset, claim.Limit, claim.Counts, attempts, 0, error));
                throw new SliceGivenUpException($"{claim.Id}: given up after {attempts} attempts: {error}", exception);
            case (_, _, var stalled):
                Instruments.Ended(claim.Id.Collection, "tried");
                logger.AttemptFailed(claim.Id.ToString(), stalled, error);
                await SendAgainAsync();
                break;
        }
    }

    private Task<bool> HandBackAsync(SliceClaim claim)
        => RetryAsync($"Handing {claim.Id} back", token => run.Ledger.HandBackAsync(claim, token));

    /// <summary>1, 2, 4, ... seconds, at most 30; cut short when the worker is asked to stop.</summary>
    private async Task PauseAsync(int stalledAttempts)
    {
        var delay = TimeSpan.FromSeconds(Math.Min(30, Math.Pow(2, Math.Max(0, stalledAttempts - 1))));
        try
        {
            using var both = CancellationTokenSource.CreateLinkedTokenSource(drain.Token, stop);
            await Task.Delay(delay, time, both.Token);
        }
        catch (OperationCanceledException)
        {
            // Stopping: the failure is noted at once, if anybody needs it.
        }
    }

    /// <summary>Returns once the broker has confirmed the new messages; only then is the old one acknowledged.</summary>
    private Task SendAsync(IReadOnlyCollection<PendingSlice> slices)
    {
        // Let go first: this very process may be given the new message before this method has returned.
        hold.Dispose();
        return messages.SendAsync(slices);
    }

    private Task SendAgainAsync() => SendAsync([messages.Received]);

    private Task<T> RetryAsync<T>(string what, Func<CancellationToken, Task<T>> action)
        => TransientRetry.RunAsync(what, action, logger, time, stop);
}
