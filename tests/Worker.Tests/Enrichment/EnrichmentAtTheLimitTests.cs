using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Migration.Contracts.Ledger;
using static Migration.Worker.Tests.Enrichment.HttpStepTests;
using static Migration.Worker.Tests.Slices.SliceLab;

namespace Migration.Worker.Tests.Enrichment;

/// <summary>
/// A service that takes its time for each record, and 64 records in flight. Short by default, when it only shows that slots
/// are used; MIGRATION_ENRICH_RECORDS and MIGRATION_ENRICH_SECONDS make the benchmark of it.
/// </summary>
public sealed class EnrichmentAtTheLimitTests(ITestOutputHelper output)
{
    private static int Records => int.Parse(Environment.GetEnvironmentVariable("MIGRATION_ENRICH_RECORDS") ?? "640", CultureInfo.InvariantCulture);

    private static double Seconds => double.Parse(Environment.GetEnvironmentVariable("MIGRATION_ENRICH_SECONDS") ?? "0.05", CultureInfo.InvariantCulture);

    [Fact]
    public async Task A_slow_service_is_waited_for_by_as_many_records_as_may_be_in_flight()
    {
        await using var service = await TestService.StartAsync(async context =>
        {
            await Task.Delay(TimeSpan.FromSeconds(Seconds), context.RequestAborted);
            await context.Response.WriteAsJsonAsync(new { word = "w", score = 1 }, context.RequestAborted);
        });
        await using var lab = await CreateAsync(Records, batchRecords: 2000, enrich: Step(service, "/{id}"));
        using var stop = new CancellationTokenSource();
        var measuring = MeasureAsync(lab.Database.DataSource, stop.Token);

        var started = Stopwatch.GetTimestamp();
        var end = await MigrateAsync(lab);
        var took = Stopwatch.GetElapsedTime(started).TotalSeconds;

        Assert.Equal(new SliceCounts(Records, Records, 0, 0), end.Claim.Counts);
        Assert.InRange(service.MostAtATime, 1, 64);
        await stop.CancelAsync();
        var best = 64 / Seconds;
        output.WriteLine(FormattableString.Invariant(
            $"{Records} records of {Seconds} s in {took:0.0} s: {Records / took:0.00}/s of {best:0.00}/s, {100 * Records / took / best:0.0}%, {service.MostAtATime} at a time"));
        foreach (var line in await measuring)
            output.WriteLine(line);
    }

    private static async Task<List<string>> MeasureAsync(Npgsql.NpgsqlDataSource target, CancellationToken stop)
    {
        var (lines, started) = (new List<string>(), Stopwatch.GetTimestamp());
        try
        {
            while (true)
            {
                await Task.Delay(TimeSpan.FromSeconds(10), stop);
                await using var command = target.CreateCommand("SELECT read FROM migration.slice");
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
