namespace Migration.Coordinator.Scaling.External;

/// <summary>Workers that somebody else starts, and looks after.</summary>
internal sealed class ExternalWorkers : IRunWorkers
{
    public Task SuperviseAsync(RunPulse pulse, CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
