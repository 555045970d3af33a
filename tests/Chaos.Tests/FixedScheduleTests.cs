using Migration.Chaos.Tests.Arenas;
using Migration.Chaos.Tests.Faults;
using Migration.Chaos.Tests.Schedules;
using Migration.SampleShop;

namespace Migration.Chaos.Tests;

/// <summary>Schedules that are always the same, for promises with a figure.</summary>
public sealed class FixedScheduleTests(ArenaPool arenas)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_run_completes_by_itself_though_broker_target_and_source_are_restarted_in_its_middle()
    {
        var schedule = new Schedule(
            -1, new ShopCounts(1_800, bad: 25), new ShopFile { SliceRecords = 60, LeastSliceRecords = 60, BatchRecords = 30, RecordsPerSecond = 400 },
            Workers: 2, Local: true,
            [
                new Outage("broker", ServerKind.Broker, inOrder: true, new Moment(0.15)),
                new Outage("target", ServerKind.Target, inOrder: false, new Moment(0.4)),
                new Outage("source", ServerKind.Source, inOrder: false, new Moment(0.65)),
            ]);
        using var rental = await arenas.RentAsync(Cancellation);
        await using var theatre = await Theatre.OpenAsync(rental.Arena, schedule, Cancellation);

        await new Performance(theatre).PlayAsync(Cancellation);

        Assert.All(schedule.Faults, fault => Assert.True(fault.HasStruck(theatre), $"'{fault}' did not happen: nothing was tested."));
        Assert.Empty(theatre.Crew.Ends);
    }

    [Theory]
    [InlineData("kill")]
    [InlineData("overflow")]
    public async Task One_document_that_kills_the_process_costs_itself_and_a_few_workers_and_nothing_else(string deed)
    {
        const int records = 1_000;
        const int maxAttempts = 5;
        var shop = new ShopCounts(records, bad: 0);
        var poison = Poison.Of("poison", deed, shop, new Random(records));
        var schedule = new Schedule(
            deed == "kill" ? -2 : -3, shop, new ShopFile { SliceRecords = records, LeastSliceRecords = records, MaxAttempts = maxAttempts },
            Workers: 2, Local: false, [poison]);
        using var rental = await arenas.RentAsync(Cancellation);
        await using var theatre = await Theatre.OpenAsync(rental.Arena, schedule, Cancellation);
        var performance = new Performance(theatre);

        await performance.PlayAsync(Cancellation);

        Assert.Equal(records - 1, await theatre.AskAsync<long>("SELECT count(*) FROM shop.products", Cancellation));
        Assert.Equal(1, await theatre.AskAsync<long>("SELECT count(*) FROM migration.quarantine", Cancellation));
        Assert.Equal(0, await theatre.AskAsync<long>(
            "SELECT count(*) FROM migration.slice WHERE collection <> 'products' AND (splits > 0 OR quarantined > 0)", Cancellation));
        var deaths = await performance.DeathsAsync(Cancellation);
        TestContext.Current.TestOutputHelper?.WriteLine($"{deaths} workers died");
        Assert.InRange(deaths, maxAttempts, Math.Log2(records) + maxAttempts);
    }
}
