namespace Migration.Worker;

/// <summary>Asks the slices in hand to stop after their batch. Given once, by SIGTERM, by the parent's end, or by the run's.</summary>
internal sealed class DrainSignal : IDisposable
{
    private readonly CancellationTokenSource _source = new();

    public CancellationToken Token => _source.Token;

    public void Give() => _source.Cancel();

    public void Dispose() => _source.Dispose();
}
