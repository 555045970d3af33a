using System.Diagnostics;

namespace Migration.KubernetesStandIn.Simulation;

/// <summary>Advances the cluster's time as real time passes.</summary>
internal sealed class RunningClock : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Task _running;

    public RunningClock(ClusterTime time, double speed) => _running = RunAsync(time, speed);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _running;
        _end.Dispose();
    }

    private async Task RunAsync(ClusterTime time, double speed)
    {
        using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var last = Stopwatch.GetTimestamp();
        try
        {
            while (await ticks.WaitForNextTickAsync(_end.Token))
            {
                var now = Stopwatch.GetTimestamp();
                await time.AdvanceAsync(Stopwatch.GetElapsedTime(last, now) * speed);
                last = now;
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the clock.
        }
    }
}
