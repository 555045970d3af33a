using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Migration.EndToEnd.Tests.Harness;
using Migration.EndToEnd.Tests.Oracles;

namespace Migration.EndToEnd.Tests;

/// <summary>The programs as a cluster sees them: probes, signals, exit codes and what they print.</summary>
public sealed class PodTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_worker_that_is_told_to_stop_is_not_ready_at_once_and_gone_in_time_and_the_coordinator_stays_to_report()
    {
        var shop = await ShopSource.DumpAsync(new(10_000), Cancellation);
        await using var bed = await TestBed.CreateAsync(shop, new ShopFile { RecordsPerSecond = 3_000 }, Cancellation);
        using Probe run = new(), work = new();
        var coordinator = bed.StartRun(["--external", "--stay", .. run.Option]);
        var worker = bed.StartWorkerProgram(["--run", bed.Run, .. work.Option]);
        await bed.Ledger.ReachesAsync(shop.Records / 10, coordinator, Cancellation);
        await work.AnswersAsync("/readyz", HttpStatusCode.OK, "ready", Cancellation);
        await run.AnswersAsync("/readyz", HttpStatusCode.OK, "ready", Cancellation);
        foreach (var probe in new[] { run, work })
        {
            await probe.AnswersAsync("/livez", HttpStatusCode.OK, "alive", Cancellation);
            await probe.AnswersAsync("/startupz", HttpStatusCode.OK, "started", Cancellation);
        }

        Assert.True(await work.MetricAsync("migration_records_read_total{collection=\"products\"}", Cancellation) > 0);
        Assert.True(await work.MetricAsync("migration_stage_seconds_total{stage=\"write\"}", Cancellation) > 0);
        Assert.True(await work.MetricAsync("process_resident_memory_bytes", Cancellation) > 0);
        Assert.Equal(1, await run.MetricAsync($"migration_run_state{{run=\"{bed.Run}\",state=\"running\"}}", Cancellation));

        await using (var gate = await Gate.CloseAsync(bed.Target, "slice", "NEW.read > OLD.read", Cancellation))
        {
            await gate.SomebodyWaitsAsync(Cancellation);
            worker.Terminate();
            await work.AnswersAsync("/readyz", HttpStatusCode.ServiceUnavailable, "stop: it stops", Cancellation, TimeSpan.FromSeconds(10));
            await work.AnswersAsync("/livez", HttpStatusCode.OK, "alive", Cancellation);
            await gate.OpenAsync(Cancellation);
        }

        var clock = Stopwatch.StartNew();
        await worker.EndsWithAsync(0, Cancellation);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 25);
        Assert.Equal(0, await bed.Ledger.SlicesInHandAsync(Cancellation));

        var second = bed.StartWorker();
        await second.EndsWithAsync(0, Cancellation);
        await Until.TrueAsync("the run is completed", async () => await bed.Ledger.StateAsync(Cancellation) == "completed", Cancellation);
        await run.AnswersAsync("/report", HttpStatusCode.OK, "\"isComplete\": true", Cancellation);
        await run.AnswersAsync("/status", HttpStatusCode.OK, "\"percent\": 100", Cancellation);
        await run.AnswersAsync("/readyz", HttpStatusCode.OK, "ready", Cancellation);
        await Until.TrueAsync(
            "the coordinator has reported and stays",
            () => Task.FromResult(coordinator.Output.Contains("staying to answer", StringComparison.Ordinal)),
            Cancellation);
        coordinator.Terminate();
        await coordinator.EndsWithAsync(0, Cancellation);
        await new Oracle(bed.Target, shop, bed.Run).CheckAsync(Cancellation);
    }

    [Fact]
    public async Task A_pod_of_an_indexed_job_that_is_told_to_stop_does_not_end_with_0()
    {
        var shop = await ShopSource.DumpAsync(new(200), Cancellation);
        await using var bed = await TestBed.CreateAsync(shop, null, Cancellation);
        bed.Environment["JOB_COMPLETION_INDEX"] = "4";
        using var probe = new Probe();
        var worker = bed.StartWorkerProgram(["--run", bed.Run, .. probe.Option]);
        await probe.AnswersAsync("/readyz", HttpStatusCode.ServiceUnavailable, "run: it waits for a run", Cancellation);

        worker.Terminate();

        await worker.EndsWithAsync(130, Cancellation);
    }

    [Fact]
    public async Task Programs_that_find_no_server_are_alive_and_not_ready_until_it_comes()
    {
        var shop = await ShopSource.DumpAsync(new(500), Cancellation);
        await using var postgres = await PrivateServer.StartPostgresAsync(Cancellation);
        await using var bed = await TestBed.CreateAsync(shop, null, Cancellation, postgres: postgres);
        await postgres.StopAsync(Cancellation);
        bed.Environment["MIGRATION_PATIENCE"] = "600";
        using Probe run = new(), work = new();
        var coordinator = bed.StartRun(["--external", .. run.Option]);
        var worker = bed.StartWorkerProgram(["--run", bed.Run, .. work.Option]);
        foreach (var probe in new[] { run, work })
        {
            await probe.AnswersAsync("/readyz", HttpStatusCode.ServiceUnavailable, "ledger: PostgreSQL cannot be", Cancellation);
            await probe.AnswersAsync("/livez", HttpStatusCode.OK, "alive", Cancellation);
            await probe.AnswersAsync("/startupz", HttpStatusCode.OK, "started", Cancellation);
        }

        await postgres.StartAgainAsync(Cancellation);

        await coordinator.EndsWithAsync(0, Cancellation);
        await worker.EndsWithAsync(0, Cancellation);
    }

    [Fact]
    public async Task In_JSON_every_line_of_standard_output_is_an_object_and_the_report_is_one_of_them()
    {
        var shop = await ShopSource.DumpAsync(new(2_000, bad: 20), Cancellation);
        await using var bed = await TestBed.CreateAsync(shop, null, Cancellation);
        bed.Environment["MIGRATION_LOG_FORMAT"] = "json";
        var coordinator = bed.StartRun("--external");
        var worker = bed.StartWorker();
        await coordinator.EndsWithAsync(0, Cancellation);
        await worker.EndsWithAsync(0, Cancellation);

        var lines = Lines(coordinator);
        Assert.All(lines, line => Assert.Equal(bed.Run, line.GetProperty("run").GetString()));
        var report = Assert.Single(lines, line => line.TryGetProperty("report", out _));
        Assert.True(report.GetProperty("report").GetProperty("isComplete").GetBoolean());
        Assert.StartsWith("Complete:", report.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains(lines, line => line.TryGetProperty("progress", out _));
        Assert.NotEmpty(Lines(worker));
        Assert.Equal("", coordinator.Errors + worker.Errors);
    }

    private static List<JsonElement> Lines(RunningProgram program) => [.. program.Output.Split('\n').Select(line =>
    {
        var json = JsonDocument.Parse(line).RootElement;
        Assert.Equal(JsonValueKind.String, json.GetProperty("time").ValueKind);
        Assert.Matches("^(debug|info|warning|error)$", json.GetProperty("level").GetString());
        Assert.NotEqual("", json.GetProperty("message").GetString());
        return json;
    })];
}
