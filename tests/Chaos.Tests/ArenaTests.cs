using Migration.Chaos.Tests.Arenas;
using Migration.SampleShop;

namespace Migration.Chaos.Tests;

/// <summary>What one schedule did to the servers is no trouble of the next.</summary>
public sealed class ArenaTests(ArenaPool arenas)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_source_holds_after_a_crash_what_it_held_before()
    {
        using var rental = await arenas.RentAsync(Cancellation);
        var (arena, shops) = (rental.Arena, new ChaosShops(rental.Arena.Source.Uri));
        await shops.GetAsync(new ShopCounts(7, bad: 0), Cancellation);

        await arena.Source.KillAsync(Cancellation);
        await arena.MakeReadyAsync(Cancellation);

        await shops.CheckUntouchedAsync(Cancellation);
    }

    [Fact]
    public async Task A_crash_that_nobody_waits_for_any_more_does_not_strike_the_server_that_is_started_next()
    {
        using var rental = await arenas.RentAsync(Cancellation);
        var arena = rental.Arena;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);

        var crash = arena.Source.KillAsync(end.Token);
        await end.CancelAsync();
        await crash.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        await arena.MakeReadyAsync(Cancellation);

        var shops = new ChaosShops(arena.Source.Uri);
        await shops.GetAsync(new ShopCounts(9, bad: 0), Cancellation);
        await shops.CheckUntouchedAsync(Cancellation);
    }
}
