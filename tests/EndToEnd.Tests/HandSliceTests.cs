using System.Globalization;
using Migration.EndToEnd.Tests.Harness;
using Migration.EndToEnd.Tests.Oracles;

namespace Migration.EndToEnd.Tests;

public sealed class HandSliceTests
{
    private const int Window = 700;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Windows_given_to_processes_by_hand_migrate_a_collection_and_a_run_completes_the_rest()
    {
        var shop = await ShopSource.DumpAsync(new(2_500), Cancellation);
        await using var bed = await TestBed.CreateAsync(shop, null, Cancellation);
        bed.Environment["MIGRATION_BROKER"] = null;

        // All at once; one window is asked for twice, and the last is not full.
        var processes = Enumerable.Range(0, 4).Append(1).Select(i => StartSlice(bed, i * Window)).ToList();
        foreach (var process in processes)
            await process.EndsWithAsync(0, Cancellation);

        Assert.Equal(shop.Counts.Products, await bed.Ledger.ReadAsync(Cancellation));
        await bed.StartRun("--in-process").EndsWithAsync(0, Cancellation);
        await new Oracle(bed.Target, shop, bed.Run).CheckAsync(Cancellation);
    }

    private static RunningProgram StartSlice(TestBed bed, int offset) => bed.StartWorkerProgram(
        "slice", bed.MigrationFile, "--name", bed.Run, "--collection", "products",
        "--offset", offset.ToString(CultureInfo.InvariantCulture), "--limit", Window.ToString(CultureInfo.InvariantCulture));
}
