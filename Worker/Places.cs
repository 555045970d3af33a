using System.Diagnostics.CodeAnalysis;

namespace Migration.Worker;

/// <summary>So many may be inside at a time; others wait, in the order in which they came.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Never disposed of: an attempt that outlives its run still leaves its place, and the semaphore has no handle.")]
internal sealed class Places(int count)
{
    private readonly SemaphoreSlim _free = new(count);

    /// <summary>A free place is taken even where the wait for one is cancelled already.</summary>
    /// <returns>To be disposed of on leaving.</returns>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        if (!await _free.WaitAsync(TimeSpan.Zero, CancellationToken.None))
            await _free.WaitAsync(cancellationToken);
        return new Place(_free);
    }

    private sealed class Place(SemaphoreSlim free) : IDisposable
    {
        private int _isLeft;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isLeft, 1) == 0)
                free.Release();
        }
    }
}
