using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using Migration.Worker.Suspects;

namespace Migration.Worker.Tests.Suspects;

public sealed class HangWatchTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Interval = Deadline / 10;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly AskedTimeProvider _time = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_ends_is_returned()
        => Assert.Equal(7, await Watch((_, _) => Task.FromResult(7)));

    [Fact]
    public async Task What_throws_throws_as_it_is()
        => await Assert.ThrowsAsync<TimeoutException>(() => Watch((_, _) => throw new TimeoutException("mine")));

    [Fact]
    public async Task What_stands_still_is_cancelled_and_told_with_its_stage()
    {
        var cancelled = new TaskCompletionSource();
        var watched = Watch(async (pulse, token) =>
        {
            pulse.Beat("enrich");
            await using var listening = token.Register(cancelled.SetResult);
            await Task.Delay(Timeout.Infinite, token);
            return 0;
        });

        while (!cancelled.Task.IsCompleted)
            await LookAsync(Interval, cancelled.Task);
        var hung = await Assert.ThrowsAsync<SliceHungException>(() => watched);

        Assert.False(hung.IsDeaf);
        Assert.Contains("enrich", hung.Message, StringComparison.Ordinal);
        Assert.Contains("worker.progressSeconds", hung.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_does_not_listen_is_left_to_itself()
    {
        using var end = new ManualResetEventSlim();
        var watched = Watch((pulse, _) =>
        {
            end.Wait(CancellationToken.None);
            return Task.FromResult(0);
        });

        await LookAsync(Deadline * 2, watched, step: Grace);
        var hung = await Assert.ThrowsAsync<SliceHungException>(() => watched);
        end.Set();

        Assert.True(hung.IsDeaf);
    }

    [Fact]
    public async Task What_is_slow_and_moves_is_never_cancelled()
    {
        var beat = new SemaphoreSlim(0);
        var beaten = new SemaphoreSlim(0);
        var watched = Watch(async (pulse, token) =>
        {
            for (var i = 0; i < 20; i++)
            {
                await beat.WaitAsync(token);
                pulse.Beat();
                beaten.Release();
            }

            return 1;
        });

        for (var i = 0; i < 20; i++)
        {
            await LookAsync(Deadline * 0.8, watched);
            beat.Release();
            await beaten.WaitAsync(Cancellation);
        }

        Assert.Equal(1, await watched);
    }

    [Fact]
    public async Task Waiting_for_its_turn_is_no_standstill()
    {
        var paused = new TaskCompletionSource();
        var turn = new TaskCompletionSource();
        var watched = Watch(async (pulse, token) =>
        {
            using (pulse.Pause())
            {
                paused.SetResult();
                await turn.Task.WaitAsync(token);
            }

            return 1;
        });

        await paused.Task;
        await LookAsync(Deadline * 5, watched);
        turn.SetResult();

        Assert.Equal(1, await watched);
    }

    [Fact]
    public async Task A_worker_that_stops_cancels_without_blame()
    {
        using var stop = new CancellationTokenSource();
        var watched = new HangWatch(Deadline, _time).RunAsync(
            async (_, token) =>
            {
                await Task.Delay(Timeout.Infinite, token);
                return 0;
            },
            stop.Token);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watched);
    }

    private Task<int> Watch(Func<Pulse, CancellationToken, Task<int>> attempt) => new HangWatch(Deadline, _time).RunAsync(attempt, Cancellation);

    /// <summary>As many looks at the pulse as fit into the time; fewer when the watch ends.</summary>
    private async Task LookAsync(TimeSpan time, Task watched, TimeSpan? step = null)
    {
        for (var passed = TimeSpan.Zero; passed < time && await _time.HasTimerAsync(watched); passed += step ?? Interval)
            _time.Advance(step ?? Interval);
    }

    /// <summary>Tells when a timer was asked for, so that the clock is moved only when somebody waits for it.</summary>
    private sealed class AskedTimeProvider : FakeTimeProvider
    {
        private readonly Channel<bool> _timers = Channel.CreateUnbounded<bool>();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            _timers.Writer.TryWrite(true);
            return timer;
        }

        /// <summary>False when <paramref name="watched"/> ended instead.</summary>
        public async Task<bool> HasTimerAsync(Task watched)
        {
            var timer = _timers.Reader.ReadAsync(Cancellation).AsTask();
            return await Task.WhenAny(timer, watched) == timer;
        }
    }
}
