using MassTransit;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Worker.Hosting;
using Migration.Worker.Sources;
using Migration.Worker.Targets;
using Npgsql;

namespace Migration.Worker.Consumers;

/// <summary>One slice of a delivered message, from its claim to its end.</summary>
/// <param name="maxAttempts">Attempts that say what stopped them and move nothing before the slice is given up.</param>
/// <param name="end">The transport's end, which gives the message to somebody else, or the run's.</param>
internal sealed class SliceDelivery(
    PendingSlice slice, ConsumeContext context, SlicesInHand.Hold hold, int maxAttempts, RunContext run, WorkerIdentity worker,
    SlicesInHand inHand, DrainSignal drain, WorkRefusal refusal, TimeProvider time, ILogger logger, CancellationToken end)
{
    private readonly CancellationToken _delivery = context.CancellationToken;

    public SliceId Id => slice.Id;

    public SliceMessages Messages { get; } = new(context, slice, run, worker, time, logger);

    public AttemptEnding Ending => field ??= new(run, inHand, hold, Messages, maxAttempts, drain, refusal, time, logger, end);

    /// <summary>Makes an attempt and sees to its end, whatever it is.</summary>
    /// <param name="budget">Seconds after which the rest goes back into the queue; null for what the settings say.</param>
    /// <returns>Null when it failed.</returns>
    public async Task<SliceEnd?> MigrateAsync(SliceClaim claim, int? budget = null)
    {
        logger.Claimed(claim.Id.ToString(), claim.Claim, claim.Attempts);
        SliceAttempt? attempt = null;
        try
        {
            attempt = await run.AttemptAsync(claim.Id.Collection, end, budget);
            var ended = await attempt.MakeAsync(claim, drain.Token, end);
            await Ending.EndAsync(ended);
            return ended;
        }
        catch (FenceLostException)
        {
            await Ending.EndOvertakenAsync(attempt?.Claim ?? claim);
            return null;
        }
        catch (OperationCanceledException) when (_delivery.IsCancellationRequested)
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
            await Ending.FailAsync(attempt?.Claim ?? claim, e);
            return null;
        }
    }

    /// <summary>What the ledger answered to a claim that it did not grant.</summary>
    public async Task EndUnclaimedAsync(ClaimOutcome outcome)
    {
        switch (outcome)
        {
            case ClaimOutcome.AlreadyDone { Slice: var progress }:
                // The acknowledgement was lost, or this is a second copy; the news may have been lost with it.
                await Messages.TellAsync(progress);
                break;
            case ClaimOutcome.OwnedByAnother { Worker: var owner }:
                logger.OwnedByAnother(Id.ToString(), owner);
                break;
            case ClaimOutcome.Paused:
                logger.LeftPaused(Id.ToString());
                break;
            default:
                logger.UnknownSlice(Id.ToString());
                break;
        }
    }

    /// <summary>
    /// The transport is gone. What was under way could not be noted any more, and a slice that stayed with a worker that lives
    /// would never be found.
    /// </summary>
    /// <exception cref="MessageGoesBackException">The ledger does not answer either.</exception>
    public async Task LetGoAsync()
    {
        if (hold.IsLetGo || !inHand.IsHeldOnce(Id))
            return;
        try
        {
            await TransientRetry.RunAsync($"Letting {Id} go", token => run.Ledger.LetGoAsync(Id, token), logger, time, CancellationToken.None);
        }
        catch (NpgsqlException e)
        {
            refusal.Refuse(e);
            throw new MessageGoesBackException($"{Id}: its worker ends.", e);
        }
    }

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
}
