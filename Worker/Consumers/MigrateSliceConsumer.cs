using MassTransit;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Messages;
using Migration.Worker.Hosting;
using Migration.Worker.Sources;
using Migration.Worker.Suspects;
using Migration.Worker.Targets;
using Npgsql;

namespace Migration.Worker.Consumers;

/// <summary>
/// Takes a slice from the queue and sees that it ends in one of four ways: completed, handed back to the queue, given up
/// into the error queue, or left to whoever has it.
/// </summary>
/// <remarks>
/// <para>The message is acknowledged only when the ledger knows the outcome or a new message for the rest was confirmed by
/// the broker. Attempts are counted in the ledger, for the broker counts neither hand-backs nor consumer time-outs.</para>
/// <para>Only <see cref="SliceGivenUpException"/> leaves here as an error, which is what moves a message to the error
/// queue. A cancelled operation makes MassTransit give the message back to the broker.</para>
/// <para>Slices come into hand through the <see cref="SuspectGate"/>, before they are claimed: one that has taken a worker
/// down is worked on with nothing else in hand, so that no other slice is blamed with it.</para>
/// <para>An instance consumes one message and is then gone.</para>
/// <para>What would stop every slice (no source, no right on the table, no ledger for minutes) is no slice's fault: the
/// slice is handed back without blame and the worker ends with the reason.</para>
/// </remarks>
internal sealed class MigrateSliceConsumer(
    RunContext run, WorkerIdentity worker, SlicesInHand inHand, DrainSignal drain, WorkRefusal refusal, TimeProvider time,
    ILogger<MigrateSliceConsumer> logger)
    : IConsumer<MigrateSlice>
{
    private SlicesInHand.Hold? _hold;
    private SliceMessages _messages = null!;

    /// <summary>The transport's, and the run's end.</summary>
    private CancellationToken _end;

    public async Task Consume(ConsumeContext<MigrateSlice> context)
    {
        // In memory, stopping the endpoint goes through all that waits; what is left alone stands in the ledger as waiting.
        if (!run.UsesBroker && drain.Token.IsCancellationRequested)
            return;

        var message = context.Message;
        var id = new SliceId(message.RunId, message.Collection, message.Slice);
        _messages = new SliceMessages(context, run, worker, time, logger);
        using var scope = logger.SliceScope(message.Run, message.Collection, message.Slice);
        using var hold = _hold = inHand.TryTake(id, context.ReceiveContext.Redelivered);
        if (hold is null)
        {
            logger.OwnedByAnother(id.ToString(), "this worker");
            return;
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, run.Completed);
        _end = end.Token;
        try
        {
            await ClaimAndMigrateAsync(context, id);
        }
        catch (Exception e) when (run.Completed.IsCancellationRequested && e is not SliceGivenUpException)
        {
            logger.AttemptNotNeeded(id.ToString());
            EndWhereDeaf(id, e);
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            // The queue is gone, or this worker's part in it. What was under way could not be noted any more, and a slice that
            // stayed with a worker that lives would never be found.
            if (inHand.IsHeldOnce(id))
                await RetryAsync($"Letting {id} go", token => run.Ledger.LetGoAsync(id, token), CancellationToken.None);
            throw;
        }
        catch (Exception e) when (e is not (SliceGivenUpException or OperationCanceledException))
        {
            // Neither done nor noted: the ledger was away for minutes, or refuses this worker.
            refusal.Refuse(e);
            throw new MessageGoesBackException($"{id}: its worker ends.", e);
        }
    }

    private async Task ClaimAndMigrateAsync(ConsumeContext<MigrateSlice> context, SliceId id)
    {
        using var place = await inHand.Gate.EnterAsync(alone: false, _end);
        var claiming = TransientRetry.Create($"Claiming {id}", logger, time);
        var outcome = await claiming.ExecuteAsync(
            async token => await run.Ledger.ClaimAsync(id, context.MessageId, context.ReceiveContext.Redelivered, token),
            _end);
        switch (outcome)
        {
            case ClaimOutcome.Granted { Claim: { IsSuspect: true } claim }:
                place.Dispose();
                await MigrateAloneAsync(context, claim);
                break;
            case ClaimOutcome.Granted { Claim: var claim }:
                await MigrateAsync(context, claim);
                break;
            case ClaimOutcome.AlreadyDone { Slice: var slice }:
                // The acknowledgement was lost, or this is a second copy; the news may have been lost with it.
                await _messages.TellAsync(slice);
                break;
            case ClaimOutcome.OwnedByAnother { Worker: var owner }:
                logger.OwnedByAnother(id.ToString(), owner);
                break;
            case ClaimOutcome.Paused:
                logger.LeftPaused(id.ToString());
                break;
            default:
                logger.UnknownSlice(id.ToString());
                break;
        }
    }

    private async Task MigrateAloneAsync(ConsumeContext<MigrateSlice> context, SliceClaim claim)
    {
        logger.Suspected(claim.Id.ToString(), claim.SilentAttempts);
        IDisposable alone;
        try
        {
            alone = await inHand.Gate.EnterAsync(alone: true, _end);
        }
        catch (OperationCanceledException)
        {
            await run.Ledger.HandBackAsync(claim, CancellationToken.None);
            throw;
        }

        using (alone)
        {
            if (await RetryAsync($"Beginning {claim.Id}", token => run.Ledger.BeginAsync(claim, token), _end))
                await MigrateAsync(context, claim);
            else
                await EndOvertakenAsync(context, claim);
        }
    }

    private async Task MigrateAsync(ConsumeContext<MigrateSlice> context, SliceClaim claim)
    {
        logger.Claimed(claim.Id.ToString(), claim.Claim, claim.Attempts);
        SliceAttempt? attempt = null;
        try
        {
            attempt = await run.AttemptAsync(claim.Id.Collection, _end);
            await EndAsync(context, await attempt.MakeAsync(claim, drain.Token, _end));
        }
        catch (FenceLostException)
        {
            await EndOvertakenAsync(context, attempt?.Claim ?? claim);
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            // The transport is going away with the message unacknowledged: the broker gives it to somebody else, and the
            // claim must not stand in their way.
            await run.Ledger.HandBackAsync(attempt?.Claim ?? claim, CancellationToken.None);
            throw;
        }
        catch (Exception e) when (IsThisWorkersFault(e, hasBegun: attempt is not null))
        {
            await run.Ledger.HandBackAsync(attempt?.Claim ?? claim, CancellationToken.None);
            throw;
        }
        catch (Exception e) when (e is not MessageGoesBackException && !run.Completed.IsCancellationRequested)
        {
            await FailAsync(context, attempt?.Claim ?? claim, e);
        }
    }

    private async Task EndAsync(ConsumeContext<MigrateSlice> context, SliceEnd end)
    {
        var (claim, counts) = (end.Claim, end.Claim.Counts);
        switch (end)
        {
            case SliceEnd.Completed:
                Instruments.Ended(claim.Id.Collection, "completed");
                logger.Completed(claim.Id.ToString(), counts.Read, counts.Written, counts.Quarantined, counts.Skipped);
                ProtocolPoint.Reached(ProtocolPoint.BeforeEvent, claim.Id.ToString());
                await _messages.TellAsync(new SliceProgress(
                    claim.Id, SliceState.Completed, claim.Offset, claim.Limit, counts, claim.Attempts, claim.Seconds, null));
                ProtocolPoint.Reached(ProtocolPoint.BeforeAcknowledge, claim.Id.ToString());
                break;
            case SliceEnd.Split { Parts: var parts }:
                Instruments.Ended(claim.Id.Collection, "split");
                logger.Split(claim.Id.ToString(), claim.SilentAttempts, claim.Remaining, parts.Count);
                ProtocolPoint.Reached(ProtocolPoint.SliceSplit, claim.Id.ToString());
                await SendAsync(parts);
                await run.Plan.MarkQueuedAsync(
                    claim.Id.RunId, claim.Id.Collection, [.. parts.Select(part => part.Id.Number)], _end);
                break;
            case SliceEnd.Paused:
                await HandBackAsync(context, claim);
                logger.LeftPaused(claim.Id.ToString());
                break;
            default:
                Instruments.Ended(claim.Id.Collection, "handed_back");
                await HandBackAsync(context, claim);
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
    private async Task EndOvertakenAsync(ConsumeContext<MigrateSlice> context, SliceClaim claim, SliceLedger? by = null)
    {
        var ledger = by ?? run.Ledger;
        logger.FenceLost(claim.Id.ToString());
        var isLeftOver = inHand.IsHeldOnce(claim.Id) && await RetryAsync(
            $"Letting {claim.Id} go", token => ledger.LetGoAsync(claim.Id, token), _end);
        if (isLeftOver)
            await SendAgainAsync();
        else
            await RetryAsync($"Ending {claim.Id}", token => ledger.ForgiveAsync(claim, token), _end);
    }

    private Task<bool> HandBackAsync(ConsumeContext<MigrateSlice> context, SliceClaim claim)
        => RetryAsync($"Handing {claim.Id} back", token => run.Ledger.HandBackAsync(claim, token), _end);

    private async Task<T> RetryAsync<T>(string what, Func<CancellationToken, Task<T>> action, CancellationToken cancellationToken)
        => await TransientRetry.Create(what, logger, time).ExecuteAsync(async token => await action(token), cancellationToken);

    /// <summary>
    /// A source that cannot be opened, a table that may not be written to and a service that never answers are the same for every slice: another
    /// attempt here is useless, and counting it would make one wrongly set up worker give up the whole run.
    /// </summary>
    private static bool IsThisWorkersFault(Exception exception, bool hasBegun) => exception switch
    {
        SourceException source => !hasBegun && !source.IsTransient,
        PostgresException refused => PostgresErrors.IsConfiguration(refused),
        // What enrichment needs cannot be used at all.
        UserException => true,
        _ => false,
    };

    /// <summary>The slice goes to the queue's end for another attempt, or to the error queue when it has had enough.</summary>
    private async Task FailAsync(ConsumeContext<MigrateSlice> context, SliceClaim claim, Exception exception)
    {
        try
        {
            await NoteFailureAsync(context, claim, exception);
        }
        finally
        {
            EndWhereDeaf(claim.Id, exception);
        }
    }

    /// <summary>Whatever became of the slice: only the process's end frees the thread.</summary>
    private void EndWhereDeaf(SliceId id, Exception exception)
    {
        if (exception is SliceHungException { IsDeaf: true })
            refusal.Refuse(new UserException(ExitCode.Hung, $"{id}: {TransientRetry.FirstLine(exception)}. This worker ends; another one takes its place."));
    }

    private async Task NoteFailureAsync(ConsumeContext<MigrateSlice> context, SliceClaim claim, Exception exception)
    {
        var error = TransientRetry.FirstLine(exception);
        var most = exception is SliceGivenUpException ? 0 : run.File.Slices.MaxAttempts;
        var tookWorkerDown = SliceAttempt.TookWorkerDown(exception);

        // One that will not stop may sit on the very connection that this would wait for.
        var ledger = exception is SliceHungException { IsDeaf: true } ? run.SpareLedger : run.Ledger;

        // Waited out while the slice is still in hand: nobody else need try it sooner, nor reconcile wonder about it.
        if (claim.StalledAttempts < most)
            await PauseAsync(claim.StalledAttempts);
        var failed = await RetryAsync(
            $"Noting the failure of {claim.Id}", token => ledger.FailAsync(claim, error, most, tookWorkerDown, token),
            _end);
        switch (failed)
        {
            case null:
                await EndOvertakenAsync(context, claim, ledger);
                break;
            case (SliceState.Failed, var attempts, _):
                Instruments.Ended(claim.Id.Collection, "failed");
                logger.GivenUp(claim.Id.ToString(), attempts, error);
                await _messages.TellAsync(new SliceProgress(
                    claim.Id, SliceState.Failed, claim.Offset, claim.Limit, claim.Counts, attempts, 0, error));
                throw new SliceGivenUpException($"{claim.Id}: given up after {attempts} attempts: {error}", exception);
            case (_, _, var stalled):
                Instruments.Ended(claim.Id.Collection, "tried");
                logger.AttemptFailed(claim.Id.ToString(), stalled, error);
                await SendAgainAsync();
                break;
        }
    }

    /// <summary>1, 2, 4, ... seconds, at most 30; cut short when the worker is asked to stop.</summary>
    private async Task PauseAsync(int stalledAttempts)
    {
        var delay = TimeSpan.FromSeconds(Math.Min(30, Math.Pow(2, Math.Max(0, stalledAttempts - 1))));
        try
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(drain.Token, _end);
            await Task.Delay(delay, time, stop.Token);
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
        _hold?.Dispose();
        return _messages.SendAsync(slices);
    }

    private Task SendAgainAsync() => SendAsync([_messages.Received]);
}
