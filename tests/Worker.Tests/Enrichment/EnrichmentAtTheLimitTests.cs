using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Migration.TestServers;
using Migration.Worker.Tests.Slices;
using static Migration.Worker.Tests.Enrichment.HttpStepTests;
using static Migration.Worker.Tests.Slices.SliceLab;

namespace Migration.Worker.Tests.Enrichment;

/// <summary>
/// A service that takes its time for each record, and 64 records in flight in each worker, which has two slices in hand.
/// Short by default, when it only shows that slots are used; MIGRATION_ENRICH_RECORDS (of each worker),
/// MIGRATION_ENRICH_SECONDS and MIGRATION_ENRICH_WORKERS make the benchmark of it.
/// </summary>
public sealed class EnrichmentAtTheLimitTests(ITestOutputHelper output)
{
    private const int SlicesOfAWorker = 4;

    private static int Workers => int.Parse(Environment.GetEnvironmentVariable("MIGRATION_ENRICH_WORKERS") ?? "1", CultureInfo.InvariantCulture);

    private static int Records => Workers * int.Parse(Environment.GetEnvironmentVariable("MIGRATION_ENRICH_RECORDS") ?? "640", CultureInfo.InvariantCulture);

    private static double Seconds => double.Parse(Environment.GetEnvironmentVariable("MIGRATION_ENRICH_SECONDS") ?? "0.05", CultureInfo.InvariantCulture);

    [Fact]
    public async Task A_slow_service_is_waited_for_by_as_many_records_as_may_be_in_flight()
    {
        await using var service = await TestService.StartAsync(async context =>
        {
            await Task.Delay(TimeSpan.FromSeconds(Seconds), context.RequestAborted);
            await context.Response.WriteAsJsonAsync(new { word = "w", score = 1 }, context.RequestAborted);
        });
        var slices = Workers * SlicesOfAWorker;
        await using var lab = await CreateAsync(Records, batchRecords: 2000, enrich: Step(service, "/{id}"), sliceRecords: (Records + slices - 1) / slices);
        using var stop = new CancellationTokenSource();
        var measuring = MeasureAsync(lab.Database.DataSource, stop.Token);

        var started = Stopwatch.GetTimestamp();
        await MigrateAllAsync(lab, slices);
        var took = Stopwatch.GetElapsedTime(started).TotalSeconds;

        Assert.Equal(Enumerable.Range(0, Records), await lab.WrittenAsync());
        Assert.InRange(service.MostAtATime, 1, 64 * Workers);
        await stop.CancelAsync();
        var best = Workers * 64 / Seconds;
        output.WriteLine(FormattableString.Invariant(
            $"{Records} records of {Seconds} s in {took:0.0} s: {Records / took:0.00}/s of {best:0.00}/s, {100 * Records / took / best:0.0}%, {service.MostAtATime} at a time"));
        foreach (var line in await measuring)
            output.WriteLine(line);
    }

    /// <summary>As consumers do: each worker has two slices in hand, and the next one when one of them is done.</summary>
    private static async Task MigrateAllAsync(SliceLab lab, int slices)
    {
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => lab.Worker(lab.Database.DataSource)).ToList().SelectMany(worker => Enumerable.Repeat(worker, 2)).Select(worker => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref next) is var slice && slice < slices)
                Assert.IsType<SliceEnd.Completed>(await MigrateAsync(worker, lab.Slice with { Number = slice }));
        })));
    }

    private static async Task<List<string>> MeasureAsync(Npgsql.NpgsqlDataSource target, CancellationToken stop)
    {
        var (lines, started) = (new List<string>(), Stopwatch.GetTimestamp());
        try
        {
            while (true)
            {
                await Task.Delay(TimeSpan.FromSeconds(10), stop);
                await using var command = target.CreateCommand("SELECT sum(read) FROM migration.slice");
                var read = await command.ExecuteScalarAsync(stop);
                lines.Add(FormattableString.Invariant(
                    $"{Stopwatch.GetElapsedTime(started).TotalSeconds:0} s: {read} committed, {GC.GetTotalMemory(forceFullCollection: true) / 1048576.0:0.0} MiB managed, {Environment.WorkingSet / 1048576} MiB"));
            }
        }
        catch (OperationCanceledException)
        {
            return lines;
        }
    }
}
