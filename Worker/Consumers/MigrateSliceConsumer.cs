using MassTransit;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Messages;
using Migration.Worker.Hosting;
using Migration.Worker.Sources;
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

    public async Task Consume(ConsumeContext<MigrateSlice> context)
    {
        // In memory, stopping the endpoint goes through all that waits; what is left alone stands in the ledger as waiting.
        if (!run.UsesBroker && drain.Token.IsCancellationRequested)
            return;

        var message = context.Message;
        var id = new SliceId(message.RunId, message.Collection, message.Slice);
        using var scope = logger.SliceScope(message.Run, message.Collection, message.Slice);
        using var hold = _hold = inHand.TryTake(id, context.ReceiveContext.Redelivered);
        if (hold is null)
        {
            logger.OwnedByAnother(id.ToString(), "this worker");
            return;
        }

        try
        {
            await ClaimAndMigrateAsync(context, id);
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
        SliceMigrator? migrator = null;
        try
        {
            migrator = await run.MigratorAsync(claim.Id.Collection, context.CancellationToken);
            await EndAsync(context, await migrator.MigrateAsync(claim, drain.Token, context.CancellationToken));
        }
        catch (FenceLostException)
        {
            logger.FenceLost(claim.Id.ToString());
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            // The transport is going away with the message unacknowledged: the broker gives it to somebody else, and the
            // claim must not stand in their way.
            await run.Ledger.HandBackAsync(migrator?.Claim ?? claim, CancellationToken.None);
            throw;
        }
        catch (Exception e) when (IsThisWorkersFault(e, hasBegun: migrator is not null))
        {
            await run.Ledger.HandBackAsync(migrator?.Claim ?? claim, CancellationToken.None);
            throw;
        }
        catch (Exception e) when (e is not MessageGoesBackException)
        {
            await FailAsync(context, migrator?.Claim ?? claim, e);
        }
    }

    private async Task EndAsync(ConsumeContext<MigrateSlice> context, SliceEnd end)
    {
        var (claim, counts) = (end.Claim, end.Claim.Counts);
        if (end is SliceEnd.Completed)
        {
            logger.Completed(claim.Id.ToString(), counts.Read, counts.Written, counts.Quarantined, counts.Skipped);
            await TellAsync(context, new SliceProgress(
                claim.Id, SliceState.Completed, claim.Offset, claim.Limit, counts, claim.Attempts, claim.Seconds, null));
            return;
        }

        await run.Ledger.HandBackAsync(claim, context.CancellationToken);
        logger.HandedBack(claim.Id.ToString(), counts.Read, claim.Limit);
        await SendAgainAsync(context);
    }

    /// <summary>
    /// A source that cannot be opened and a table that may not be written to are the same for every slice: another
    /// attempt here is useless, and counting it would make one wrongly set up worker give up the whole run.
    /// </summary>
    private static bool IsThisWorkersFault(Exception exception, bool hasBegun) => exception switch
    {
        SourceException source => !hasBegun && !source.IsTransient,
        PostgresException refused => PostgresErrors.IsConfiguration(refused),
        _ => false,
    };

    /// <summary>Workers that fail say why; those that die or hang leave only a claim that moved nothing.</summary>
    private static string WorkerKiller(SliceClaim claim)
        => $"{claim.StalledAttempts - 1} attempts moved nothing, and the last ended without a word: a document of it may "
            + "kill or hang its worker (see the workers' logs)";

    /// <summary>The slice goes to the queue's end for another attempt, or to the error queue when it has had enough.</summary>
    private async Task FailAsync(ConsumeContext<MigrateSlice> context, SliceClaim claim, Exception exception)
    {
        var error = TransientRetry.FirstLine(exception);
        var most = run.File.Slices.MaxAttempts;

        // Waited out while the slice is still in hand: nobody else need try it sooner, nor reconcile wonder about it.
        if (claim.StalledAttempts < most)
            await PauseAsync(claim.StalledAttempts);
        var failed = await TransientRetry.Create($"Noting the failure of {claim.Id}", logger, time).ExecuteAsync(
            async token => await run.Ledger.FailAsync(claim, error, most, token), context.CancellationToken);
        switch (failed)
        {
            case null:
                logger.FenceLost(claim.Id.ToString());
                return;
            case (SliceState.Failed, var attempts, _):
                logger.GivenUp(claim.Id.ToString(), attempts, error);
                await TellAsync(context, new SliceProgress(
                    claim.Id, SliceState.Failed, claim.Offset, claim.Limit, claim.Counts, attempts, 0, error));
                throw new SliceGivenUpException($"{claim.Id}: given up after {attempts} attempts: {error}", exception);
            case (_, _, var stalled):
                logger.AttemptFailed(claim.Id.ToString(), stalled, most, error);
                await SendAgainAsync(context);
                return;
        }
    }

    /// <summary>1, 2, 4, ... seconds, at most 30; cut short when the worker is asked to stop.</summary>
    private async Task PauseAsync(int stalledAttempts)
    {
        var delay = TimeSpan.FromSeconds(Math.Min(30, Math.Pow(2, Math.Max(0, stalledAttempts - 1))));
        try
        {
            await Task.Delay(delay, time, drain.Token);
        }
        catch (OperationCanceledException)
        {
            // Stopping: the failure is noted at once.
        }
    }

    /// <summary>Returns once the broker has confirmed the new message; only then is the old one acknowledged.</summary>
    /// <exception cref="MessageGoesBackException">It could not be sent; the broker shall give the old one to somebody else.</exception>
    private async Task SendAgainAsync(ConsumeContext<MigrateSlice> context)
    {
        // Let go first: this very process may be given the new message before this method has returned.
        _hold?.Dispose();
        try
        {
            var endpoint = await context.GetSendEndpoint(RunTopology.SlicesAddress(run.Run, run.UsesBroker));
            await endpoint.Send(context.Message, RunTopology.MustArrive, context.CancellationToken);
        }
        catch (Exception e)
        {
            throw new MessageGoesBackException("The rest of the slice could not be sent again: " + e.Message, e);
        }
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
        catch (Exception e)
        {
            logger.NewsLost(slice.Id.ToString(), TransientRetry.FirstLine(e));
        }
    }
}
