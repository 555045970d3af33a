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

    [Fact]
    public async Task Pods_that_start_at_the_same_moment_take_the_slices_of_their_numbers()
    {
        var shop = await ShopSource.DumpAsync(new(2_500), Cancellation);
        await using var bed = await TestBed.CreateAsync(shop, null, Cancellation);
        bed.Environment["MIGRATION_BROKER"] = null;
        bed.Environment["DB_MIGRATE_BATCH_SIZE"] = "300";

        // Nine slices of 300 hold all; the tenth pod comes for nothing. Half of them are numbered as pods of an Indexed Job.
        var pods = Enumerable.Range(0, 10).Select(number => StartPod(bed, number % 2 == 0 ? "DB_MIGRATE_JOB_NUMBER" : "JOB_COMPLETION_INDEX", number)).ToList();
        foreach (var pod in pods)
            await pod.EndsWithAsync(0, Cancellation);
        Assert.Contains("products ends before slice 9 of 300 records, which begins at record 2700", pods[9].Output, StringComparison.Ordinal);
        Assert.Equal(9, await bed.Ledger.CompletedSlicesAsync(Cancellation));
        Assert.Equal(shop.Counts.Products, await bed.Ledger.ReadAsync(Cancellation));

        // A pod that is started again changes nothing.
        var again = StartPod(bed, "JOB_COMPLETION_INDEX", 3);
        await again.EndsWithAsync(0, Cancellation);
        Assert.Equal(pods[3].Output, again.Output);
        Assert.Equal(shop.Counts.Products, await bed.Ledger.ReadAsync(Cancellation));

        var lost = bed.StartWorkerProgram("slice", bed.MigrationFile, "--collection", "products", "--number", "-1");
        await lost.EndsWithAsync(2, Cancellation);
        Assert.StartsWith("--number is -1; give a number from 0 to", lost.Errors, StringComparison.Ordinal);
    }

    private static RunningProgram StartPod(TestBed bed, string variable, int number)
    {
        bed.Environment["DB_MIGRATE_JOB_NUMBER"] = bed.Environment["JOB_COMPLETION_INDEX"] = null;
        bed.Environment[variable] = number.ToString(CultureInfo.InvariantCulture);
        return bed.StartWorkerProgram("slice", bed.MigrationFile, "--name", bed.Run, "--collection", "products");
    }

    private static RunningProgram StartSlice(TestBed bed, int offset) => bed.StartWorkerProgram(
        "slice", bed.MigrationFile, "--name", bed.Run, "--collection", "products",
        "--offset", offset.ToString(CultureInfo.InvariantCulture), "--limit", Window.ToString(CultureInfo.InvariantCulture));
}
