using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Worker.Consumers;
using Migration.Worker.Hosting;
using Migration.Worker.Probes;
using Migration.Worker.Suspects;
using Npgsql;

namespace Migration.Worker.HandSlices;

/// <summary>Migrates slices one after the other in this process, with the same ledger, fence and attempts as from a queue.</summary>
internal sealed class HandMigration(
    NpgsqlDataSource target, RunContext context, WorkerIdentity worker, ProgramHealth health, TimeProvider time, ILoggerFactory loggers)
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = loggers.CreateLogger<HandMigration>();

    /// <param name="cancellationToken">Ends it after the batch in hand, which is committed.</param>
    /// <returns>Of <see cref="ExitCode"/>.</returns>
    public async Task<int> MigrateAsync(IReadOnlyList<PendingSlice> slices, CancellationToken cancellationToken)
    {
        using var heartbeat = new Heartbeat(() => target, worker, health, time, loggers.CreateLogger<Heartbeat>());
        await heartbeat.StartAsync(cancellationToken);
        try
        {
            foreach (var slice in slices)
                await MigrateAsync(slice.Id, cancellationToken);
        }
        finally
        {
            await heartbeat.StopAsync(CancellationToken.None);
        }

        return ExitCode.Done;
    }

    private async Task MigrateAsync(SliceId id, CancellationToken drain)
    {
        using var scope = _logger.SliceScope(context.Run.Name, id.Collection, id.Number);
        while (true)
        {
            if (await ClaimAsync(id, drain) is not { } claim)
                return;
            SliceAttempt? attempt = null;
            try
            {
                attempt = await context.AttemptAsync(id.Collection, drain);
                if (await EndAsync(await attempt.MakeAsync(claim, drain, CancellationToken.None), drain))
                    return;
            }
            catch (FenceLostException)
            {
                _logger.FenceLost(id.ToString());
            }
            catch (UserException)
            {
                // No slice's fault: what enrichment needs cannot be used.
                await context.Ledger.HandBackAsync(attempt?.Claim ?? claim, CancellationToken.None);
                throw;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                await FailAsync(attempt?.Claim ?? claim, e);
            }
        }
    }

    /// <returns>False when more of the slice is left.</returns>
    private async Task<bool> EndAsync(SliceEnd end, CancellationToken drain)
    {
        switch (end)
        {
            case SliceEnd.Completed { Claim: var done }:
                await SayAsync(done.Id, done.Counts);
                return true;
            case SliceEnd.Split { Claim: var cut, Parts: var parts }:
                _logger.Split(cut.Id.ToString(), cut.SilentAttempts, cut.Remaining, parts.Count);
                foreach (var part in parts)
                    await MigrateAsync(part.Id, drain);
                return true;
            default:
                await context.Ledger.HandBackAsync(end.Claim, CancellationToken.None);
                drain.ThrowIfCancellationRequested();
                return false;
        }
    }

    /// <summary>Null when the slice has its outcome already.</summary>
    private async Task<SliceClaim?> ClaimAsync(SliceId id, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var patience = TimeSpan.FromSeconds(2 * context.File.Worker.LeaseSeconds);
        while (true)
        {
            var outcome = await TransientRetry.Create($"Claiming {id}", _logger, time).ExecuteAsync(
                async token => await context.Ledger.ClaimAsync(id, message: null, redelivered: false, token), cancellationToken);
            switch (outcome)
            {
                case ClaimOutcome.Granted { Claim: var claim }:
                    // Nothing else is in hand here, ever.
                    if (!claim.IsSuspect || await context.Ledger.BeginAsync(claim, cancellationToken))
                        return claim;
                    break;
                case ClaimOutcome.AlreadyDone { Slice: { State: SliceState.Completed } slice }:
                    await SayAsync(id, slice.Counts);
                    return null;
                case ClaimOutcome.AlreadyDone { Slice: var slice }:
                    throw new UserException(ExitCode.Incomplete, $"{id} had given up: {slice.Error}");
                case ClaimOutcome.OwnedByAnother { Worker: var owner } when time.GetElapsedTime(started) > patience:
                    throw new UserException(ExitCode.Refused, $"{id} is in the hands of worker {owner}, which is alive.");
                case ClaimOutcome.Paused { Reason: var reason }:
                    throw new UserException(
                        ExitCode.Incomplete,
                        $"{id.Collection} is paused: {reason}. Mend the cause, or raise maxQuarantined in the migration file and run this again.");
                case ClaimOutcome.Unknown:
                    throw new UserException($"{id} is not in the ledger any more.");
            }

            // The owner may have died a moment ago; its lease runs out soon.
            await Task.Delay(AskAgain, time, cancellationToken);
        }
    }

    private async Task FailAsync(SliceClaim claim, Exception exception)
    {
        var id = claim.Id;
        var error = TransientRetry.FirstLine(exception);
        var failed = await TransientRetry.Create($"Noting the failure of {id}", _logger, time).ExecuteAsync(
            async token => await context.Ledger.FailAsync(
                claim, error, exception is SliceGivenUpException ? 0 : context.File.Slices.MaxAttempts,
                SliceAttempt.TookWorkerDown(exception), token),
            CancellationToken.None);
        if (exception is SliceHungException { IsDeaf: true })
            throw new UserException(ExitCode.Hung, $"{id}: {error}. Start the same command again.");
        if (failed is (SliceState.Failed, var attempts, _))
            throw new UserException(ExitCode.Incomplete, $"{id}: given up after {attempts} attempts: {error}");
        _logger.AttemptFailed(id.ToString(), failed?.Stalled ?? 0, error);
    }

    private static Task SayAsync(SliceId id, SliceCounts counts) => JsonLine.SayAsync(FormattableString.Invariant(
        $"{id}: {counts.Read:N0} read = {counts.Written:N0} written + {counts.Quarantined:N0} quarantined + {counts.Skipped:N0} skipped"));
}
