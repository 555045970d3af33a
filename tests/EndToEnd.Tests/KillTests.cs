using System.Diagnostics;
using Migration.Contracts.Ledger;
using Migration.EndToEnd.Tests.Harness;
using Migration.EndToEnd.Tests.Oracles;

namespace Migration.EndToEnd.Tests;

/// <summary>Each kill waits for what the ledger shows, so that it meets the run in the middle.</summary>
public sealed class KillTests
{
    private static readonly TimeSpan LongEnough = TimeSpan.FromMinutes(40);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_main_job_survives_kills_of_workers_and_coordinator()
    {
        var shop = await ShopSource.DumpAsync(E2eSize.Counts, Cancellation);
        await using var bed = await TestBed.CreateAsync(shop, E2eSize.File, Cancellation);
        var clock = Stopwatch.StartNew();
        var coordinator = bed.StartRun("--external");
        var (first, second) = (bed.StartWorker(), bed.StartWorker());

        await bed.Ledger.ReachesAsync(shop.Records / 10, coordinator, Cancellation);
        await first.KillAsync();
        var third = bed.StartWorker();
        Say(clock, "worker killed (SIGKILL) and replaced");

        await bed.Ledger.ReachesAsync(shop.Records * 3 / 10, coordinator, Cancellation);
        second.Terminate();
        await second.EndsWithAsync(0, Cancellation);
        var fourth = bed.StartWorker();
        Say(clock, "worker stopped (SIGTERM) and replaced");

        await bed.Ledger.ReachesAsync(shop.Records / 2, coordinator, Cancellation);
        await coordinator.KillAsync();
        Say(clock, "coordinator killed (SIGKILL) and started again");
        var again = bed.StartRun("--external");

        await again.EndsWithAsync(0, Cancellation, LongEnough);
        Say(clock, "run completed");
        TestContext.Current.TestOutputHelper?.WriteLine(again.Output);
        await third.EndsWithAsync(0, Cancellation);
        await fourth.EndsWithAsync(0, Cancellation);
        Assert.Empty(bed.Survivors());
        await new Oracle(bed.Target, shop, bed.Run).CheckAsync(Cancellation);
        Say(clock, "source and target compared");
    }

    [Fact]
    public async Task A_worker_that_the_coordinator_started_is_replaced_when_it_dies()
    {
        var shop = await ShopSource.DumpAsync(new(20_000), Cancellation);
        await using var bed = await TestBed.CreateAsync(shop, new ShopFile { RecordsPerSecond = 4_000 }, Cancellation);
        var coordinator = bed.StartRun("--local", "--workers", "2", "--log-folder", bed.Folder);

        await bed.Ledger.ReachesAsync(shop.Records / 4, coordinator, Cancellation);
        var victim = bed.Survivors().First(id => id != coordinator.Id);
        using (var process = Process.GetProcessById(victim))
            process.Kill();

        await coordinator.EndsWithAsync(0, Cancellation);
        Assert.Contains(victim.ToString(System.Globalization.CultureInfo.InvariantCulture), coordinator.Errors, StringComparison.Ordinal);
        Assert.Empty(bed.Survivors());
        await new Oracle(bed.Target, shop, bed.Run).CheckAsync(Cancellation);
    }

    [Theory]
    // The second of three collections is about to be planned; the first one's slices stand in the ledger.
    [InlineData("collection", "NEW.name = 'customers'", "planning")]
    // The first batch of messages is noted as sent; the second was confirmed by the broker, and the ledger knows nothing of it.
    [InlineData("slice", "OLD.state = 'planned' AND NEW.state = 'queued' AND NEW.number = 550", "running")]
    public async Task A_coordinator_killed_while_it_plans_or_publishes_can_be_started_again(
        string table, string when, string state)
    {
        var shop = await ShopSource.DumpAsync(new(1_200, 10, 10), Cancellation);
        await using var bed = await TestBed.CreateAsync(shop, new ShopFile { SliceRecords = 2 }, Cancellation);
        await LedgerSchema.EnsureAsync(bed.Target, Cancellation);
        await using (var gate = await Gate.CloseAsync(bed.Target, table, when, Cancellation))
        {
            var coordinator = bed.StartRun("--external");
            await gate.SomebodyWaitsAsync(Cancellation);
            Assert.Equal(state, await bed.Ledger.StateAsync(Cancellation));
            await coordinator.KillAsync();
            await gate.OpenAsync(Cancellation);
        }

        await bed.StartRun("--local", "--log-folder", bed.Folder).EndsWithAsync(0, Cancellation);

        await new Oracle(bed.Target, shop, bed.Run).CheckAsync(Cancellation);
    }

    [Fact]
    public async Task A_worker_killed_in_the_middle_of_a_commit_leaves_one_copy_of_each_row()
    {
        var shop = await ShopSource.DumpAsync(new(2_000), Cancellation);
        await using var bed = await TestBed.CreateAsync(shop, new ShopFile(), Cancellation);
        await LedgerSchema.EnsureAsync(bed.Target, Cancellation);
        var coordinator = bed.StartRun("--external");
        await using (var gate = await Gate.CloseAsync(
            bed.Target, "slice", "NEW.read > OLD.read AND NEW.number = 1", Cancellation))
        {
            var worker = bed.StartWorker();
            await gate.SomebodyWaitsAsync(Cancellation);
            await worker.KillAsync();
            await gate.OpenAsync(Cancellation);
        }

        var other = bed.StartWorker();
        await coordinator.EndsWithAsync(0, Cancellation);
        await other.EndsWithAsync(0, Cancellation);
        await new Oracle(bed.Target, shop, bed.Run).CheckAsync(Cancellation);
    }

    private static void Say(Stopwatch clock, string what)
        => TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant($"{clock.Elapsed.TotalSeconds,7:0.0} s  {what}"));
}
