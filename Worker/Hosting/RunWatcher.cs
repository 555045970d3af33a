using MassTransit;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Worker.Probes;
using Npgsql;

namespace Migration.Worker.Hosting;

/// <summary>
/// Asks the ledger which runs there are to work for, takes up new ones as soon as it has a share of the connections, lets
/// go of those that are over, and ends the process when its work is done.
/// </summary>
internal sealed class RunWatcher(
    RunSubscriptions subscriptions, WorkerOptions options, TargetConnections connections, WorkerIdentity worker, IBusControl bus,
    ProgramHealth health, SlicesInHand inHand, DrainSignal drain, WorkRefusal refusal, IHostApplicationLifetime lifetime, TimeProvider time,
    ILogger<RunWatcher> logger) : BackgroundService
{
    private const string Loop = "run watcher";
    private const string Run = "run";
    private const string Ledger = "ledger";

    /// <summary>How long a worker waits for an incomplete run to go on.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan TellAgain = TimeSpan.FromSeconds(30);

    /// <summary>Of one that waits for a run or for the ledger, and opens a connection for each look.</summary>
    private readonly Backoff _idle = new(options.PollInterval, options.PollInterval * 3);

    private readonly Seldom _telling = new(TellAgain, time);
    private readonly DeliveryWatch _deliveries = new(inHand, time);
    private bool _hasSeenRun;
    private long? _incompleteSince;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        health.Wait(Run, "it waits for a run to work for");
        health.Watch("broker", () => subscriptions.Runs.Count > 0 && bus.CheckHealth() is { Status: not BusHealthStatus.Healthy } sick
            ? $"its queue is not being consumed: {sick.Description}" : null);

        // At once, and not only when it is this service's turn to stop.
        lifetime.ApplicationStopping.Register(() => health.Wait("stop", "it stops"));
        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        logger.Draining(worker.Name);
        drain.Give();
        await base.StopAsync(cancellationToken);
        foreach (var run in subscriptions.Runs.ToList())
            await subscriptions.DisconnectAsync(run, cancellationToken);
        await GiveBackAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            logger.WaitsForRun(worker.Name, ConnectionText.Describe(options.Target));
            while (await LookAsync(stoppingToken) is { } pause)
                await Task.Delay(pause, time, stoppingToken);
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
        finally
        {
            health.End(Loop);
        }
    }

    /// <returns>When to look again; null when the work is done.</returns>
    private async Task<TimeSpan?> LookAsync(CancellationToken cancellationToken)
    {
        health.Turn(Loop);
        try
        {
            var running = (await Runs.ListRunningAsync(cancellationToken))
                .Where(run => options.Run is null || run.Name == options.Run).ToList();
            health.Have(Ledger);
            _telling.Reset();
            await LeaveAsync(running, cancellationToken);
            if (running.Count > 0)
                return await FollowAsync(running, cancellationToken);
            health.Wait(Run, "it waits for a run to work for");
            await connections.GiveBackAsync(cancellationToken);
            return _hasSeenRun || await IsOverAsync(cancellationToken) ? null : _idle.Next();
        }
        catch (NpgsqlException e) when (Targets.PostgresErrors.IsTransient(e))
        {
            health.Wait(Ledger, TransientRetry.FirstLine(e));
            if (Targets.PostgresErrors.IsCrowded(e))
                Instruments.WaitedForConnection("server");
            if (_telling.IsDue())
                logger.LedgerAway(TransientRetry.FirstLine(e), options.PollInterval.TotalSeconds);
            return _idle.Next();
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            // No coordinator has made the ledger yet.
            return _idle.Next();
        }
    }

    private async Task GiveBackAsync(CancellationToken cancellationToken)
    {
        try
        {
            await connections.GiveBackAsync(cancellationToken);
        }
        catch (NpgsqlException e) when (Targets.PostgresErrors.IsTransient(e))
        {
            // They are closed; without the word the share is free when the lease has run out.
            logger.LedgerAway(TransientRetry.FirstLine(e), options.PollInterval.TotalSeconds);
        }
    }

    private RunLedger Runs => new(connections.Ledger);

    private async Task LeaveAsync(List<RunRecord> running, CancellationToken cancellationToken)
    {
        foreach (var gone in subscriptions.Runs.Except(running.Select(run => run.Id)).ToList())
        {
            var run = await Runs.FindAsync(gone, cancellationToken);
            logger.RunIsOver(run?.Name ?? gone.ToString(), run?.State.ToString() ?? "removed");
            var leaving = run is { State: RunState.Completed }
                ? subscriptions.LeaveCompletedAsync(gone, cancellationToken) : subscriptions.DisconnectAsync(gone, cancellationToken);
            await health.TurnWhileAsync(Loop, leaving, cancellationToken);
        }
    }

    /// <summary>Several runs share what was given for the first of them.</summary>
    private async Task<TimeSpan> FollowAsync(List<RunRecord> running, CancellationToken cancellationToken)
    {
        _hasSeenRun = true;
        if (!await subscriptions.HasShareAsync(running[0], cancellationToken))
            return subscriptions.Pauses.Next();
        foreach (var run in running.Where(run => !subscriptions.Runs.Contains(run.Id)))
            await health.TurnWhileAsync(Loop, subscriptions.ConnectAsync(run, cancellationToken), cancellationToken);
        await SubscribeAnewAsync(running, cancellationToken);
        health.Have(Run);
        _idle.Reset();
        return options.PollInterval;
    }

    private async Task SubscribeAnewAsync(List<RunRecord> running, CancellationToken cancellationToken)
    {
        var deaf = await _deliveries.DeafToAsync(new ProgressLedger(connections.Ledger), running.Select(run => run.Id), cancellationToken);
        foreach (var run in running.Where(run => deaf.Contains(run.Id)))
        {
            logger.SubscribesAnew(run.Name);
            await health.TurnWhileAsync(Loop, subscriptions.RenewAsync(run, cancellationToken), cancellationToken);
        }

        foreach (var run in running.Where(subscriptions.HasOtherFile))
        {
            logger.FileWasMended(run.Name);
            await health.TurnWhileAsync(Loop, subscriptions.RenewAsync(run, cancellationToken), cancellationToken);
        }
    }

    /// <summary>
    /// True when the one run that this worker was started for was complete before it came, or has been incomplete for
    /// minutes: one that ended incomplete may be about to go on.
    /// </summary>
    private async Task<bool> IsOverAsync(CancellationToken cancellationToken)
    {
        if (options.Run is not { } name || await Runs.FindAsync(name, cancellationToken) is not { } run)
            return false;
        _incompleteSince = run.State == RunState.Incomplete ? _incompleteSince ?? time.GetTimestamp() : null;
        return run.State == RunState.Completed
            || _incompleteSince is { } since && time.GetElapsedTime(since) >= Patience;
    }
}
