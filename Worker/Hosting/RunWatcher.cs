using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Npgsql;

namespace Migration.Worker.Hosting;

/// <summary>
/// Asks the ledger which runs there are to work for, takes up new ones, lets go of those that are over, and ends the
/// process when its work is done.
/// </summary>
internal sealed class RunWatcher(
    RunSubscriptions subscriptions, WorkerOptions options, NpgsqlDataSource target, WorkerIdentity worker,
    SlicesInHand inHand, DrainSignal drain, WorkRefusal refusal, IHostApplicationLifetime lifetime, TimeProvider time,
    ILogger<RunWatcher> logger) : BackgroundService
{
    /// <summary>How long a worker waits for an incomplete run to go on.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly RunLedger _runs = new(target);
    private readonly DeliveryWatch _deliveries = new(target, inHand, time);
    private bool _hasWorked;
    private long? _incompleteSince;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        logger.Draining(worker.Name);
        drain.Give();
        await base.StopAsync(cancellationToken);
        foreach (var run in subscriptions.Runs.ToList())
            await subscriptions.DisconnectAsync(run, cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            logger.WaitsForRun(worker.Name, ConnectionText.Describe(options.Target));
            while (!await IsDoneAsync(stoppingToken))
                await Task.Delay(options.PollInterval, time, stoppingToken);
            lifetime.StopApplication();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // SIGTERM: StopAsync sees to the slices in hand.
        }
        catch (Exception e)
        {
            // The program ends with it: one message and an exit code.
            refusal.Refuse(e);
        }
    }

    private async Task<bool> IsDoneAsync(CancellationToken cancellationToken)
    {
        try
        {
            var running = (await _runs.ListRunningAsync(cancellationToken))
                .Where(run => options.Run is null || run.Name == options.Run).ToList();
            await FollowAsync(running, cancellationToken);
            return running.Count == 0 && (_hasWorked || await IsOverAsync(cancellationToken));
        }
        catch (NpgsqlException e) when (Targets.PostgresErrors.IsTransient(e))
        {
            logger.LedgerAway(TransientRetry.FirstLine(e), options.PollInterval.TotalSeconds);
            return false;
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            // No coordinator has made the ledger yet.
            return false;
        }
    }

    private async Task FollowAsync(List<RunRecord> running, CancellationToken cancellationToken)
    {
        foreach (var gone in subscriptions.Runs.Except(running.Select(run => run.Id)).ToList())
        {
            var run = await _runs.FindAsync(gone, cancellationToken);
            logger.RunIsOver(run?.Name ?? gone.ToString(), run?.State.ToString() ?? "removed");
            await subscriptions.DisconnectAsync(gone, cancellationToken);
        }

        foreach (var run in running.Where(run => !subscriptions.Runs.Contains(run.Id)))
        {
            await subscriptions.ConnectAsync(run, cancellationToken);
            _hasWorked = true;
        }

        var deaf = await _deliveries.DeafToAsync(running.Select(run => run.Id), cancellationToken);
        foreach (var run in running.Where(run => deaf.Contains(run.Id)))
            await SubscribeAnewAsync(run, cancellationToken);
    }

    private async Task SubscribeAnewAsync(RunRecord run, CancellationToken cancellationToken)
    {
        logger.SubscribesAnew(run.Name);
        await subscriptions.DisconnectAsync(run.Id, cancellationToken);
        await subscriptions.ConnectAsync(run, cancellationToken);
    }

    /// <summary>
    /// True when the one run that this worker was started for was complete before it came, or has been incomplete for
    /// minutes: one that ended incomplete may be about to go on.
    /// </summary>
    private async Task<bool> IsOverAsync(CancellationToken cancellationToken)
    {
        if (options.Run is not { } name || await _runs.FindAsync(name, cancellationToken) is not { } run)
            return false;
        _incompleteSince = run.State == RunState.Incomplete ? _incompleteSince ?? time.GetTimestamp() : null;
        return run.State == RunState.Completed
            || _incompleteSince is { } since && time.GetElapsedTime(since) >= Patience;
    }
}
