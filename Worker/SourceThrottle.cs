namespace Migration.Worker;

/// <summary>
/// Keeps a worker's reading below the user's records a second, over all of its slices: a page is paid for after it was
/// read, and the next one waits until that is paid off.
/// </summary>
/// <param name="recordsPerSecond">Null for no limit.</param>
internal sealed class SourceThrottle(int? recordsPerSecond, TimeProvider time)
{
    private readonly Lock _lock = new();
    private DateTimeOffset _free = DateTimeOffset.MinValue;

    /// <summary>No page is larger than what a second allows, so that the rate holds over seconds and not only over minutes.</summary>
    public int Most(int records) => Math.Min(records, recordsPerSecond ?? int.MaxValue);

    public Task WaitAsync(CancellationToken cancellationToken)
    {
        if (recordsPerSecond is null)
            return Task.CompletedTask;
        TimeSpan wait;
        lock (_lock)
            wait = _free - time.GetUtcNow();
        return wait > TimeSpan.Zero ? Task.Delay(wait, time, cancellationToken) : Task.CompletedTask;
    }

    public void Charge(int records)
    {
        if (recordsPerSecond is not { } rate)
            return;
        lock (_lock)
        {
            var now = time.GetUtcNow();
            _free = (_free > now ? _free : now) + TimeSpan.FromSeconds((double)records / rate);
        }
    }
}
