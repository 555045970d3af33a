using System.Diagnostics;
using Migration.Chaos.Tests.Arenas;
using Migration.Chaos.Tests.Schedules;

namespace Migration.Chaos.Tests;

/// <summary>
/// Runs with faults at random: whatever happens, the run completes, and every record is in the target once or in
/// quarantine with its reason. MIGRATION_CHAOS_SEED and MIGRATION_CHAOS_SCHEDULES=1 perform one schedule alone.
/// </summary>
public sealed class RandomScheduleTests(ArenaPool arenas)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(ChaosSize.FirstSeed, ChaosSize.Schedules)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Nothing_is_lost_and_nothing_is_there_twice(int seed)
    {
        using var rental = await arenas.RentAsync(Cancellation);
        var clock = Stopwatch.StartNew();
        await using var theatre = await Theatre.OpenAsync(rental.Arena, Schedule.Of(seed), Cancellation);
        try
        {
            var performance = new Performance(theatre);
            await performance.PlayAsync(Cancellation);
            ScheduleLog.Write(theatre, clock.Elapsed, await performance.DeathsAsync(Cancellation), "nothing lost, nothing twice");
        }
        catch (Exception e)
        {
            ScheduleLog.Write(theatre, clock.Elapsed, null, "FAILED: " + e.Message.Split('\n')[0]);
            Assert.Fail($"{ScheduleLog.HowToRepeat(seed)}\n{e}\n{theatre.Crew.Tail()}");
        }
    }
}
