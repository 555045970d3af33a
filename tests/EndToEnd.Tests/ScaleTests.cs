using Migration.EndToEnd.Tests.Harness;
using Migration.EndToEnd.Tests.Oracles;

namespace Migration.EndToEnd.Tests;

public sealed class ScaleTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Local_workers_become_more_and_fewer_while_the_run_goes_on()
    {
        var shop = await ShopSource.DumpAsync(new(20_000), Cancellation);
        await using var bed = await TestBed.CreateAsync(shop, new ShopFile { RecordsPerSecond = 500 }, Cancellation);
        var coordinator = bed.StartRun("--local", "--workers", "1", "--log-folder", bed.Folder);
        await bed.Ledger.ReachesAsync(500, coordinator, Cancellation);

        var more = bed.StartCoordinator("scale", "3", bed.Run);
        await more.EndsWithAsync(0, Cancellation);
        Assert.Contains("3 workers are wanted instead of 1", more.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("No coordinator drives", more.Output, StringComparison.Ordinal);
        await Until.TrueAsync("the coordinator and three workers live", () => Task.FromResult(bed.Survivors().Count == 4), Cancellation);

        await bed.StartCoordinator("scale", "2", bed.Run).EndsWithAsync(0, Cancellation);
        await Until.TrueAsync("the coordinator and two workers live", () => Task.FromResult(bed.Survivors().Count == 3), Cancellation);

        await coordinator.EndsWithAsync(0, Cancellation);
        Assert.Empty(bed.Survivors());
        await new Oracle(bed.Target, shop, bed.Run).CheckAsync(Cancellation);
        var late = bed.StartCoordinator("scale", "5", bed.Run);
        await late.EndsWithAsync(2, Cancellation);
        Assert.Contains("is over (completed)", late.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Workers_in_process_are_as_many_as_they_were_started_with()
    {
        var shop = await ShopSource.DumpAsync(new(20_000), Cancellation);
        await using var bed = await TestBed.CreateAsync(shop, new ShopFile { RecordsPerSecond = 500 }, Cancellation);
        var coordinator = bed.StartRun("--in-process");
        await bed.Ledger.ReachesAsync(500, coordinator, Cancellation);

        var scale = bed.StartCoordinator("scale", "3", bed.Run);
        await scale.EndsWithAsync(2, Cancellation);

        Assert.Contains("has its workers in the coordinator's own process", scale.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("many", "'many' workers: give a whole number from 0 to 10,000.")]
    [InlineData("1000000", "'1000000' workers: give a whole number from 0 to 10,000.")]
    [InlineData("-5", "-5")]
    public async Task What_is_no_number_of_workers_is_refused(string workers, string expected)
    {
        await using var bed = await TestBed.CreateAsync(null, null, Cancellation);

        var scale = bed.StartCoordinator("scale", workers, "shop");
        await scale.EndsWithAsync(2, Cancellation);

        Assert.Contains(expected, scale.Errors, StringComparison.Ordinal);
    }
}
