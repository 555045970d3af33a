using System.Globalization;
using Migration.EndToEnd.Tests.Harness;

namespace Migration.EndToEnd.Tests;

public sealed class MemoryTests
{
    private static readonly long Products =
        Environment.GetEnvironmentVariable("MIGRATION_E2E_MEMORY_PRODUCTS") is { Length: > 0 } text
            ? long.Parse(text, CultureInfo.InvariantCulture)
            : 120_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_workers_peak_memory_does_not_depend_on_the_slices_size()
    {
        var small = await PeakAsync(1_000);
        var large = await PeakAsync(100_000);

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"peak memory of a worker: {small / 1024} MiB with slices of 1,000 records, {large / 1024} MiB with slices of 100,000");
        Assert.InRange((double)large / small, 0.8, 1.2);
    }

    /// <summary>In KiB. The kernel's figure only grows, so the last reading before the end is the peak.</summary>
    private static async Task<long> PeakAsync(int sliceRecords)
    {
        var shop = await ShopSource.DumpAsync(new(Products, 500, 500, 10), Cancellation);
        var file = new ShopFile { SliceRecords = sliceRecords, LeastSliceRecords = sliceRecords };
        await using var bed = await TestBed.CreateAsync(shop, file, Cancellation);
        var coordinator = bed.StartRun("--external");
        var worker = bed.StartWorker();
        var peak = 0L;
        await Until.TrueAsync(
            "the worker ends",
            () =>
            {
                peak = worker.Memory("VmHWM") ?? peak;
                return Task.FromResult(worker.HasExited);
            },
            Cancellation, TimeSpan.FromMinutes(15));
        await worker.EndsWithAsync(0, Cancellation);
        await coordinator.EndsWithAsync(0, Cancellation);
        return peak;
    }
}
