using Migration.EndToEnd.Tests.Harness;
using Migration.EndToEnd.Tests.Oracles;
using Migration.Worker;

namespace Migration.EndToEnd.Tests;

public sealed class ResumeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_complete_run_says_so_and_a_changed_mapping_is_refused()
    {
        var shop = await ShopSource.DumpAsync(new(1_000), Cancellation);
        await using var bed = await TestBed.CreateAsync(shop, null, Cancellation);
        await bed.StartRun("--in-process").EndsWithAsync(0, Cancellation);

        var source = bed.Environment["MIGRATION_SOURCE"];
        bed.Environment["MIGRATION_SOURCE"] = shop.Folder + "-gone";
        await bed.StartRun("--in-process").EndsWithAsync(ExitCode.Refused, Cancellation);
        bed.Environment["MIGRATION_SOURCE"] = source;

        var again = bed.StartRun("--in-process");
        await again.EndsWithAsync(0, Cancellation);
        Assert.Contains("complete", again.Output, StringComparison.Ordinal);

        await bed.EditAsync("stock: { type: int4, required: true }", "stock: { type: int8, required: true }", Cancellation);
        var changed = bed.StartRun("--in-process");
        await changed.EndsWithAsync(ExitCode.Refused, Cancellation);
        Assert.Contains("stock", changed.Errors, StringComparison.Ordinal);
        await new Oracle(bed.Target, shop, bed.Run).CheckAsync(Cancellation);
    }

    [Fact]
    public async Task A_second_coordinator_is_told_who_drives_the_run()
    {
        var shop = await ShopSource.DumpAsync(new(5_000), Cancellation);
        await using var bed = await TestBed.CreateAsync(shop, null, Cancellation);
        var coordinator = bed.StartRun("--external");
        await Until.TrueAsync("the run is published", async () => await bed.Ledger.StateAsync(Cancellation) == "running", Cancellation);

        var second = bed.StartRun("--external");
        await second.EndsWithAsync(ExitCode.Refused, Cancellation);
        Assert.Contains($":{coordinator.Id} ", second.Errors, StringComparison.Ordinal);

        var worker = bed.StartWorker();
        await coordinator.EndsWithAsync(0, Cancellation);
        await worker.EndsWithAsync(0, Cancellation);
        await new Oracle(bed.Target, shop, bed.Run).CheckAsync(Cancellation);
    }

    [Theory]
    [InlineData("--in-process")]
    [InlineData("--local")]
    public async Task A_run_that_was_interrupted_goes_on(string place)
    {
        var shop = await ShopSource.DumpAsync(new(10_000), Cancellation);
        await using var bed = await TestBed.CreateAsync(shop, new ShopFile { RecordsPerSecond = 2_000 }, Cancellation);
        var coordinator = bed.StartRun(place, "--log-folder", bed.Folder);
        await bed.Ledger.ReachesAsync(shop.Records / 4, coordinator, Cancellation);

        coordinator.Interrupt();
        await coordinator.EndsWithAsync(ExitCode.Interrupted, Cancellation);

        Assert.Empty(bed.Survivors());
        Assert.Equal(0, await bed.Ledger.SlicesInHandAsync(Cancellation));
        Assert.DoesNotContain("   at ", coordinator.Errors, StringComparison.Ordinal);
        var before = await bed.Ledger.ReadAsync(Cancellation);
        Assert.InRange(before, shop.Records / 4, shop.Records - 1);

        // How fast it reads may change; what it writes may not.
        await bed.EditAsync("maxRecordsPerSecond: 2000", "maxRecordsPerSecond: 50000", Cancellation);
        await bed.StartRun(place, "--log-folder", bed.Folder).EndsWithAsync(0, Cancellation);
        await new Oracle(bed.Target, shop, bed.Run).CheckAsync(Cancellation);
    }
}
