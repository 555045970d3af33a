using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Worker.Probes;
using Npgsql;

namespace Migration.Worker.Hosting;

/// <summary>
/// Registers the worker in the ledger before it takes anything, and says every few seconds that it is alive, by the
/// database's clock. Stops last, when nothing is in hand any more.
/// </summary>
/// <param name="ledger">Where to; asked for anew with each beat.</param>
/// <param name="isNeeded">
/// False for a worker that can have no slice in hand: nobody waits for its signs of life, and it may hold no connection
/// for them. Null for one that always beats.
/// </param>
internal sealed class Heartbeat(
    Func<NpgsqlDataSource> ledger, WorkerIdentity worker, ProgramHealth health, TimeProvider time, ILogger<Heartbeat> logger,
    WorkRefusal? refusal = null, Func<bool>? isNeeded = null)
    : BackgroundService
{
    private const string Loop = "heartbeat";

    /// <summary>Three beats fit in the shortest lease that a migration file may ask for (5 s).</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1.5);

    private static readonly TimeSpan TellAgain = TimeSpan.FromSeconds(30);

    private readonly Seldom _telling = new(TellAgain, time);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await LedgerSchema.EnsureAsync(ledger(), cancellationToken);
        await new WorkerLedger(ledger()).RegisterAsync(worker.Id, worker.Name, cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await new WorkerLedger(ledger()).StopAsync(worker.Id, cancellationToken);
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
            do
            {
                health.Turn(Loop);
                if (isNeeded?.Invoke() ?? true)
                    await BeatAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
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
        finally
        {
            health.End(Loop);
        }
    }

    private async Task BeatAsync(CancellationToken cancellationToken)
    {
        try
        {
            await new WorkerLedger(ledger()).HeartbeatAsync(worker.Id, cancellationToken);
            health.Have("ledger");
            _telling.Reset();
        }
        catch (NpgsqlException e)
        {
            health.Wait("ledger", TransientRetry.FirstLine(e));
            if (_telling.IsDue())
                logger.LedgerAway(TransientRetry.FirstLine(e), Interval.TotalSeconds);
        }
        catch (ObjectDisposedException) when (!(isNeeded?.Invoke() ?? true))
        {
            // The share was given back this very moment.
        }
    }
}
