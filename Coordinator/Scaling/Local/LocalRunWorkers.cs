using Microsoft.Extensions.Logging;

namespace Migration.Coordinator.Scaling.Local;

/// <summary>A run's worker processes on this machine, as many as its ledger says.</summary>
internal sealed class LocalRunWorkers(LocalWorkers workers, WantedWorkers wanted, int configured, ILogger<LocalWorkers> logger) : IRunWorkers
{
    public async Task SuperviseAsync(RunPulse pulse, CancellationToken cancellationToken)
    {
        await wanted.ReadAsync(configured, cancellationToken);
        if (wanted.Count != workers.Count)
        {
            logger.LocalWorkersScaled(workers.Count, wanted.Count);
            workers.Scale(wanted.Count);
        }

        workers.ReplaceDead(pulse.Progress, (pid, code) => logger.WorkerDied(pid, code), pulse.Written);
    }

    public ValueTask DisposeAsync() => workers.DisposeAsync();
}
