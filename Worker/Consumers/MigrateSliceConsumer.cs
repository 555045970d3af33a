using MassTransit;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Messages;
using Migration.Worker.Hosting;

namespace Migration.Worker.Consumers;

/// <summary>
/// Takes a slice from the queue and sees that it ends in one of four ways: completed, handed back to the queue, given up
/// into the error queue, or left to whoever has it.
/// </summary>
/// <remarks>
/// The message is acknowledged only when the ledger knows the outcome or a new message for the rest was confirmed by the
/// broker. Attempts are counted in the ledger, for the broker counts neither hand-backs nor consumer time-outs.
/// </remarks>
internal sealed class MigrateSliceConsumer(
    RunContext run, WorkerIdentity worker, SlicesInHand inHand, DrainSignal drain, WorkRefusal refusal, TimeProvider time,
    ILogger<MigrateSliceConsumer> logger)
    : IConsumer<MigrateSlice>
{
    public async Task Consume(ConsumeContext<MigrateSlice> context)
    {
        // In memory, stopping the endpoint goes through all that waits; what is left alone stands in the ledger as waiting.
        if (!run.UsesBroker && drain.Token.IsCancellationRequested)
            return;

        var message = context.Message;
        var id = new SliceId(message.RunId, message.Collection, message.Slice);
        using var scope = logger.SliceScope(message.Run, message.Collection, message.Slice);
        if (!inHand.TryTake(id))
        {
            logger.OwnedByAnother(id.ToString(), "this worker");
            return;
        }

        try
        {
            await ClaimAndMigrateAsync(context, id);
        }
        catch (Exception e) when (TransientRetry.IsTransient(e))
        {
            // The ledger was away for minutes, so this worker can neither do nor note anything. It ends; the broker gives
            // its messages to others at once, and the ledger its slices after the lease.
            refusal.Refuse(e);
            throw new OperationCanceledException($"{id}: the ledger is away; the message goes back.", e);
        }
        finally
        {
            inHand.LetGo(id);
        }
    }

    private async Task ClaimAndMigrateAsync(ConsumeContext<MigrateSlice> context, SliceId id)
    {
        var claiming = TransientRetry.Create($"Claiming {id}", logger, time);
        var outcome = await claiming.ExecuteAsync(
            async token => await run.Ledger.ClaimAsync(id, context.ReceiveContext.Redelivered, token),
            context.CancellationToken);
        switch (outcome)
        {
            case ClaimOutcome.Granted { Claim: var claim }:
                logger.Claimed(id.ToString(), claim.Claim, claim.Attempts);
                if (claim.StalledAttempts > run.File.Slices.MaxAttempts)
                    await FailAsync(context, claim, new SliceGivenUpException(WorkerKiller(claim)));
                else
                    await MigrateAsync(context, claim);
                break;
            case ClaimOutcome.AlreadyDone { Slice: var slice }:
                // The acknowledgement was lost, or this is a second copy; the news may have been lost with it.
                await TellAsync(context, slice);
                break;
            case ClaimOutcome.OwnedByAnother { Worker: var owner }:
                logger.OwnedByAnother(id.ToString(), owner);
                break;
            default:
                logger.UnknownSlice(id.ToString());
                break;
        }
    }

    private async Task MigrateAsync(ConsumeContext<MigrateSlice> context, SliceClaim claim)
    {
        try
        {
            var migrator = await run.MigratorAsync(claim.Id.Collection, context.CancellationToken);
            switch (await migrator.MigrateAsync(claim, drain.Token, context.CancellationToken))
            {
                case SliceEnd.Completed { Claim: var done }:
                    var counts = done.Counts;
                    logger.Completed(done.Id.ToString(), counts.Read, counts.Written, counts.Quarantined, counts.Skipped);
                    await TellAsync(context, new SliceProgress(
                        done.Id, SliceState.Completed, done.Offset, done.Limit, counts, done.Attempts, done.Seconds, null));
                    break;
                case SliceEnd.Unfinished { Claim: var rest }:
                    await HandBackAsync(context, rest);
                    break;
            }
        }
        catch (FenceLostException)
        {
            logger.FenceLost(claim.Id.ToString());
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            // The transport is going away with the message unacknowledged: the broker gives it to somebody else, and the
            // claim must not stand in their way.
            await run.Ledger.HandBackAsync(claim.Id, CancellationToken.None);
            throw;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            await FailAsync(context, claim, e);
        }
    }

    /// <summary>Workers that fail say why; those that die or hang leave only a claim that moved nothing.</summary>
    private static string WorkerKiller(SliceClaim claim)
        => $"{claim.StalledAttempts - 1} attempts moved nothing, and the last ended without a word: a document of it may "
            + "kill or hang its worker (see the workers' logs)";

    private async Task HandBackAsync(ConsumeContext<MigrateSlice> context, SliceClaim rest)
    {
        await run.Ledger.HandBackAsync(rest.Id, context.CancellationToken);
        logger.HandedBack(rest.Id.ToString(), rest.Counts.Read, rest.Limit);
        await SendAgainAsync(context);
    }

    /// <summary>The slice goes to the queue's end for another attempt, or to the error queue when it has had enough.</summary>
    private async Task FailAsync(ConsumeContext<MigrateSlice> context, SliceClaim claim, Exception exception)
    {
        var error = TransientRetry.FirstLine(exception);
        var most = run.File.Slices.MaxAttempts;
        var failed = await TransientRetry.Create($"Noting the failure of {claim.Id}", logger, time).ExecuteAsync(
            async token => await run.Ledger.FailAsync(claim.Id, error, most, token), context.CancellationToken);
        switch (failed)
        {
            case null:
                logger.FenceLost(claim.Id.ToString());
                return;
            case (SliceState.Failed, var attempts, _):
                logger.GivenUp(claim.Id.ToString(), attempts, error);
                await TellAsync(context, new SliceProgress(
                    claim.Id, SliceState.Failed, claim.Offset, claim.Limit, claim.Counts, attempts, 0, error));
                // Thrown, not returned: this is what moves the message to the run's error queue.
                throw new SliceGivenUpException($"{claim.Id}: given up after {attempts} attempts: {error}", exception);
            case (_, _, var stalled):
                logger.AttemptFailed(claim.Id.ToString(), stalled, most, error);
                await Task.Delay(RedeliveryDelay(stalled), time, drain.Token)
                    .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
                await SendAgainAsync(context);
                return;
        }
    }

    /// <summary>1, 2, 4, ... seconds, at most 30: short beside the lease and the broker's consumer time-out.</summary>
    private static TimeSpan RedeliveryDelay(int stalledAttempts)
        => TimeSpan.FromSeconds(Math.Min(30, Math.Pow(2, Math.Max(0, stalledAttempts - 1))));

    /// <summary>Returns once the broker has confirmed the new message; only then is the old one acknowledged.</summary>
    private async Task SendAgainAsync(ConsumeContext<MigrateSlice> context)
    {
        var endpoint = await context.GetSendEndpoint(RunTopology.SlicesAddress(run.Run, run.UsesBroker));
        await endpoint.Send(context.Message, context.CancellationToken);
    }

    /// <summary>Publishes the news. Losing it loses nothing, so it never makes a slice fail.</summary>
    private async Task TellAsync(ConsumeContext<MigrateSlice> context, SliceProgress slice)
    {
        var m = context.Message;
        var c = slice.Counts;
        try
        {
            await (slice.State == SliceState.Failed
                ? context.Publish(new SliceFailed(
                    m.RunId, m.Run, m.Collection, m.Slice, m.Offset, m.Limit, slice.Attempts, slice.Error ?? "", worker.Name),
                    context.CancellationToken)
                : context.Publish(new SliceCompleted(
                    m.RunId, m.Run, m.Collection, m.Slice, m.Offset, m.Limit, c.Read, c.Written, c.Quarantined, c.Skipped,
                    worker.Name, slice.Seconds), context.CancellationToken));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            logger.NewsLost(slice.Id.ToString(), TransientRetry.FirstLine(e));
        }
    }
}
