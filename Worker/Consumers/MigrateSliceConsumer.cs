using MassTransit;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Messages;
using Migration.Worker.Hosting;
using Migration.Worker.Suspects;

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
    private SliceDelivery _slice = null!;

    /// <summary>The transport's, and the run's end.</summary>
    private CancellationToken _end;

    public async Task Consume(ConsumeContext<MigrateSlice> context)
    {
        // In memory, stopping the endpoint goes through all that waits; what is left alone stands in the ledger as waiting.
        if (!run.UsesBroker && drain.Token.IsCancellationRequested)
            return;

        var message = context.Message;
        var id = new SliceId(message.RunId, message.Collection, message.Slice);
        using var scope = logger.SliceScope(message.Run, message.Collection, message.Slice);
        using var hold = inHand.TryTake(id, context.ReceiveContext.Redelivered);
        if (hold is null)
        {
            logger.OwnedByAnother(id.ToString(), "this worker");
            return;
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, run.Completed);
        _end = end.Token;
        _slice = new SliceDelivery(
            new PendingSlice(id, message.Offset, message.Limit), context, hold, run.File.Slices.MaxAttempts, run, worker, inHand, drain,
            refusal, time, logger, _end);
        try
        {
            await ClaimAndMigrateAsync(context, id);
        }
        catch (Exception e) when (run.Completed.IsCancellationRequested && e is not SliceGivenUpException)
        {
            logger.AttemptNotNeeded(id.ToString());
            _slice.Ending.EndWhereDeaf(id, e);
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            // The queue is gone, or this worker's part in it.
            await _slice.LetGoAsync();
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
        var outcome = await RetryAsync(
            $"Claiming {id}", token => run.Ledger.ClaimAsync(id, context.MessageId, context.ReceiveContext.Redelivered, token), _end);
        switch (outcome)
        {
            case ClaimOutcome.Granted { Claim: { IsSuspect: true } claim }:
                place.Dispose();
                await MigrateAloneAsync(claim);
                break;
            case ClaimOutcome.Granted { Claim: var claim }:
                await _slice.MigrateAsync(claim);
                break;
            default:
                await _slice.EndUnclaimedAsync(outcome);
                break;
        }
    }

    private async Task MigrateAloneAsync(SliceClaim claim)
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
                await _slice.MigrateAsync(claim);
            else
                await _slice.Ending.EndOvertakenAsync(claim);
        }
    }

    private Task<T> RetryAsync<T>(string what, Func<CancellationToken, Task<T>> action, CancellationToken cancellationToken)
        => TransientRetry.RunAsync(what, action, logger, time, cancellationToken);
}
