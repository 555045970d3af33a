namespace Migration.Worker.Enrichment;

/// <summary>How much of a slice is in hand and not committed yet, and whether more may be taken.</summary>
/// <param name="leastPages">That many pages always have room, however large they are.</param>
internal sealed class AheadWindow(int leastPages, int mostRecords, long mostBytes) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _moved = new(0);
    private int _pages;
    private int _records;
    private long _bytes;

    private bool HasRoom
    {
        get
        {
            lock (_lock)
                return _pages < leastPages || (_records < mostRecords && _bytes < mostBytes);
        }
    }

    public async Task WaitForRoomAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (!HasRoom)
            await _moved.WaitAsync(cancellationToken);
    }

    public void Add(int records, long bytes) => Count(1, records, bytes);

    public void Remove(int records, long bytes)
    {
        Count(-1, -records, -bytes);
        _moved.Release();
    }

    public void Dispose() => _moved.Dispose();

    private void Count(int pages, int records, long bytes)
    {
        lock (_lock)
        {
            _pages += pages;
            _records += records;
            _bytes += bytes;
        }
    }
}
