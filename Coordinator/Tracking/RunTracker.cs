using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Coordinator.Publishing;
using Migration.Worker;
using Migration.Worker.Probes;
using Npgsql;

namespace Migration.Coordinator.Tracking;

/// <summary>
/// Follows a run to its end: asks the ledger how far it is, sooner when an event tells of something, and reconciles at
/// intervals and once more before it says that the run has ended.
/// </summary>
internal sealed class RunTracker(
    ProgressLedger progress, RunLock runLock, Reconciler reconciler, RunNews news, RunRecord run, ProgramHealth health, TimeProvider time,
    ILogger<RunTracker> logger)
{
    private const string Loop = "run tracker";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReconcileInterval = TimeSpan.FromSeconds(5);

    /// <summary>A restart or a failover fits in; what takes longer wants a person.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan TellAgain = TimeSpan.FromSeconds(30);

    private long? _awaySince;
    private long _told;

    /// <param name="show">Called about once a second with what the ledger says.</param>
    /// <returns>When every slice has its outcome, but for collections that are paused and of which none is in hand.</returns>
    public async Task FollowAsync(
        Func<IReadOnlyList<CollectionProgress>, CancellationToken, Task> show, CancellationToken cancellationToken)
    {
        try
        {
            // What an earlier coordinator's workers left is not waited for.
            await ReconcileAsync(cancellationToken);
            await LoopAsync(show, cancellationToken);
        }
        finally
        {
            health.End(Loop);
        }
    }

    private async Task LoopAsync(
        Func<IReadOnlyList<CollectionProgress>, CancellationToken, Task> show, CancellationToken cancellationToken)
    {
        var reconciled = time.GetTimestamp();
        while (true)
        {
            health.Turn(Loop);
            if (await LookAsync(cancellationToken) is { } collections)
            {
                await health.TurnWhileAsync(Loop, show(collections, cancellationToken), cancellationToken);
                if (collections.All(c => c.IsOver))
                    return;
            }

            if (time.GetElapsedTime(reconciled) >= ReconcileInterval)
            {
                await ReconcileAsync(cancellationToken);
                reconciled = time.GetTimestamp();
            }

            // Events can come by the thousand a second; the ledger is asked at most four times.
            await Task.Delay(Interval / 4, time, cancellationToken);
            await news.WaitAsync(Interval - (Interval / 4), time, cancellationToken);
        }
    }

    /// <summary>Null while the ledger is away; the lock is gone then as well, and must be had again before going on.</summary>
    private async Task<IReadOnlyList<CollectionProgress>?> LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            await runLock.RenewAsync(cancellationToken);
            var collections = await progress.ByCollectionAsync(run.Id, cancellationToken);
            _awaySince = null;
            health.Have("ledger");
            return collections;
        }
        catch (NpgsqlException e) when (TransientRetry.IsTransient(e))
        {
            Wait(e);
            return null;
        }
    }

    private void Wait(NpgsqlException reason)
    {
        health.Wait("ledger", TransientRetry.FirstLine(reason));
        var now = time.GetTimestamp();
        if (_awaySince is null || time.GetElapsedTime(_told, now) >= TellAgain)
        {
            logger.LedgerAway(TransientRetry.FirstLine(reason));
            _told = now;
        }

        _awaySince ??= now;
        if (time.GetElapsedTime(_awaySince.Value, now) > Patience)
        {
            throw new UserException(
                ExitCode.Unreachable,
                $"PostgreSQL has been away for {Patience.TotalMinutes:0} minutes: {TransientRetry.FirstLine(reason)}. "
                + "What is committed stays; run the same command again to go on.");
        }
    }

    private async Task ReconcileAsync(CancellationToken cancellationToken)
    {
        try
        {
            await health.TurnWhileAsync(Loop, reconciler.ReconcileAsync(cancellationToken), cancellationToken);
        }
        catch (Exception e) when (TransientRetry.IsTransient(e) || BrokerFaults.IsTransient(e, cancellationToken))
        {
            // A server is away. What could not be enqueued now still stands in the ledger and is found the next time.
            logger.ReconcileFailed(TransientRetry.FirstLine(e));
        }
    }
}
