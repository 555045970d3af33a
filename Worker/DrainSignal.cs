namespace Migration.Worker;

/// <summary>Asks the slices in hand to stop after their batch. Given once, when the process stops.</summary>
internal sealed class DrainSignal : IDisposable
{
    private readonly CancellationTokenSource _source = new();

    public CancellationToken Token => _source.Token;

    public void Give() => _source.Cancel();

    public void Dispose() => _source.Dispose();
}
