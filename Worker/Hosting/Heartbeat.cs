using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Npgsql;

namespace Migration.Worker.Hosting;

/// <summary>
/// Registers the worker in the ledger before it takes anything, and says every few seconds that it is alive, by the
/// database's clock. Stops last, when nothing is in hand any more.
/// </summary>
internal sealed class Heartbeat(
    NpgsqlDataSource target, WorkerIdentity worker, TimeProvider time, ILogger<Heartbeat> logger, WorkRefusal? refusal = null)
    : BackgroundService
{
    /// <summary>Three beats fit in the shortest lease that a migration file may ask for (5 s).</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1.5);

    private readonly WorkerLedger _ledger = new(target);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await LedgerSchema.EnsureAsync(target, cancellationToken);
        await _ledger.RegisterAsync(worker.Id, worker.Name, cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await _ledger.StopAsync(worker.Id, cancellationToken);
        }
        catch (NpgsqlException e)
        {
            // Without the goodbye the lease runs out by itself.
            logger.LedgerAway(TransientRetry.FirstLine(e), Interval.TotalSeconds);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await BeatAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping; StopAsync says goodbye.
        }
        catch (Exception e) when (refusal is not null)
        {
            // A worker without a heartbeat counts as dead while it lives: it ends, and says why.
            refusal.Refuse(e);
        }
    }

    private async Task BeatAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _ledger.HeartbeatAsync(worker.Id, cancellationToken);
        }
        catch (NpgsqlException e)
        {
            logger.LedgerAway(TransientRetry.FirstLine(e), Interval.TotalSeconds);
        }
    }
}
