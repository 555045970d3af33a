namespace Migration.Chaos.Tests.Arenas;

/// <summary>As many arenas as tests run at a time; each is started when it is first needed and used for one test after the other.</summary>
public sealed class ArenaPool : IAsyncLifetime
{
    public const int Most = 3;

    private readonly SemaphoreSlim _free = new(Most, Most);
    private readonly Stack<Arena> _idle = [];
    private readonly List<Arena> _all = [];
    private readonly Lock _lock = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_all.Select(arena => arena.DisposeAsync().AsTask()));
        _free.Dispose();
    }

    /// <summary>An arena for one test, until what is returned is disposed of.</summary>
    internal async Task<Rental> RentAsync(CancellationToken cancellation)
    {
        await _free.WaitAsync(cancellation);
        try
        {
            return new Rental(this, Idle() ?? Keep(await Arena.StartAsync(cancellation)));
        }
        catch
        {
            _free.Release();
            throw;
        }
    }

    private Arena? Idle()
    {
        lock (_lock)
            return _idle.TryPop(out var arena) ? arena : null;
    }

    private Arena Keep(Arena arena)
    {
        lock (_lock)
            _all.Add(arena);
        return arena;
    }

    private void TakeBack(Arena arena)
    {
        lock (_lock)
            _idle.Push(arena);
        _free.Release();
    }

    internal sealed class Rental(ArenaPool pool, Arena arena) : IDisposable
    {
        public Arena Arena => arena;

        public void Dispose() => pool.TakeBack(arena);
    }
}
