using Microsoft.Extensions.Time.Testing;

namespace Migration.KubernetesStandIn.Simulation;

/// <summary>
/// What is to happen and when. Time stands still until it is advanced; what is due then happens in order of time, and
/// at one time in the order in which it was asked for, so that the same calls always lead to the same cluster.
/// </summary>
internal sealed class ClusterTime(FakeTimeProvider clock, Lock gate) : IDisposable
{
    private readonly PriorityQueue<Action, (DateTimeOffset Due, long Order)> _queue = new();
    private readonly SemaphoreSlim _advancing = new(1);
    private long _order;

    public DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>Whoever calls holds the lock, and <paramref name="action"/> will have it.</summary>
    public void After(TimeSpan delay, Action action) => _queue.Enqueue(action, (Now + delay, _order++));

    public void Soon(Action action) => After(TimeSpan.Zero, action);

    /// <summary>Does something at once, from any thread, and then what that makes due.</summary>
    public void Do(Action action)
    {
        // Within the cluster's own work, what becomes due is done by whoever does that work.
        if (gate.IsHeldByCurrentThread)
        {
            action();
            return;
        }

        lock (gate)
            action();
        Settle();
    }

    /// <summary>Does what is due now, and what that makes due now.</summary>
    public void Settle()
    {
        lock (gate)
        {
            while (_queue.TryPeek(out _, out var next) && next.Due <= Now)
                _queue.Dequeue()();
        }
    }

    /// <summary>
    /// Moves the clock from one event to the next and then to the end. The lock is let go in between: timers of the
    /// clock's other users fire as it moves, and what they start may call the API.
    /// </summary>
    public async Task AdvanceAsync(TimeSpan span)
    {
        await _advancing.WaitAsync();
        try
        {
            var end = Now + span;
            Settle();
            while (NextUntil(end) is { } next)
            {
                clock.SetUtcNow(next);
                Settle();
                await Task.Yield();
            }

            clock.SetUtcNow(end);
            Settle();
        }
        finally
        {
            _advancing.Release();
        }
    }

    public void Dispose() => _advancing.Dispose();

    private DateTimeOffset? NextUntil(DateTimeOffset end)
    {
        lock (gate)
            return _queue.TryPeek(out _, out var next) && next.Due <= end ? next.Due : null;
    }
}
