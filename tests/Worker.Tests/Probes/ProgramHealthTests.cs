using Microsoft.Extensions.Time.Testing;
using Migration.Worker.Probes;

namespace Migration.Worker.Tests.Probes;

public sealed class ProgramHealthTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly ProgramHealth _health;

    public ProgramHealthTests() => _health = new ProgramHealth(_time);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void A_loop_that_stands_still_is_named_and_one_that_has_ended_is_not()
    {
        _health.Turn("heartbeat");
        _health.Turn("run watcher");
        _time.Advance(ProgramHealth.LongestTurn);
        Assert.Empty(_health.WhyNotAlive());

        _time.Advance(TimeSpan.FromSeconds(1));
        _health.End("run watcher");
        Assert.Equal(["heartbeat: it has not gone round for 120 seconds"], _health.WhyNotAlive());

        _health.Turn("heartbeat");
        Assert.Empty(_health.WhyNotAlive());
    }

    [Fact]
    public void A_server_that_is_away_makes_not_ready_and_never_dead()
    {
        _health.Turn("heartbeat");
        _health.Wait("ledger", "it is away");
        _health.Watch("broker", () => "no connection");

        Assert.Equal(["broker: no connection", "ledger: it is away"], _health.WhyNotReady());
        Assert.Empty(_health.WhyNotAlive());

        _health.Have("ledger");
        _health.Watch("broker", () => null);
        Assert.Empty(_health.WhyNotReady());
    }

    [Fact]
    public async Task A_loop_that_waits_for_what_others_watch_goes_on_turning()
    {
        var long_ = new TaskCompletionSource();
        _health.Turn("run watcher");
        var waiting = _health.TurnWhileAsync("run watcher", long_.Task, Cancellation);
        for (var i = 0; i < 60; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }

        Assert.Empty(_health.WhyNotAlive());
        long_.SetResult();
        await waiting;
    }
}
