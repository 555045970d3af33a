using Migration.Contracts.Ledger;
using Migration.Coordinator.Publishing;

namespace Migration.Coordinator.Scaling.InProcess;

/// <summary>Workers inside the coordinator, as many as it was started with.</summary>
internal sealed class InProcessWorkers(RunBus bus, RunRecord run) : IRunWorkers
{
    /// <summary>What ends them ends the bus, which tells why.</summary>
    public Task SuperviseAsync(RunPulse pulse, CancellationToken cancellationToken) => Task.CompletedTask;

    public async ValueTask DisposeAsync() => await bus.LetGoAsync(run, CancellationToken.None);
}
