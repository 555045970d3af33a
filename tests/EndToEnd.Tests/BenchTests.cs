using System.Text.Json;
using Migration.EndToEnd.Tests.Harness;
using Migration.TestServers;

namespace Migration.EndToEnd.Tests;

/// <summary>That the benchmark runs, compares and publishes. What it measures with so few rows, beside other tests, says nothing.</summary>
public sealed class BenchTests
{
    private static readonly string Program = Path.Combine(BuiltFolder.Of("Benchmarks"), "Benchmarks.dll");

    private static readonly Dictionary<string, string?> Environment = new()
    {
        ["MIGRATION_TEST_POSTGRES"] = Postgres.Uri.AbsoluteUri,
        ["MIGRATION_TEST_RABBITMQ"] = RabbitMq.Uri.AbsoluteUri,
        ["MIGRATION_BENCH_MONGO_FDW"] = null,
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_short_benchmark_compares_each_way_with_psql_and_publishes_what_it_found()
    {
        var folder = Directory.CreateTempSubdirectory("migration-e2e-").FullName;
        try
        {
            var results = Path.Combine(folder, "results.json");
            var report = await RunAsync(
                folder, "run", "--products", "2000", "--rounds", "2", "--only", "in-process,rabbitmq-1,walk,server-mongo-fdw", "--folder", folder, "--output", results);
            await PublishAsync(folder, results);

            CheckAttempts(await File.ReadAllTextAsync(results, Cancellation));
            Assert.Contains(" of one psql stream |", report, StringComparison.Ordinal);
            Assert.Contains("1 worker in one process against 1 psql stream", report, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task An_unknown_scenario_is_refused_with_its_name()
    {
        var bench = RunningProgram.Start(Program, ["run", "--only", "psql-1,nonesuch"], Environment, Path.GetTempPath());

        await bench.EndsWithAsync(2, Cancellation);

        Assert.Equal("bench: No scenario is named nonesuch; --list shows them.", bench.Errors);
    }

    /// <summary>
    /// The reference is measured unasked, as all are held against it. Without a server that has mongo_fdw, what needs it is
    /// left out, and so is the server to read from that it alone would need.
    /// </summary>
    private static void CheckAttempts(string json)
    {
        using var results = JsonDocument.Parse(json);
        var scenarios = results.RootElement.GetProperty("scenarios").EnumerateArray().ToDictionary(s => s.GetProperty("name").GetString()!);
        Assert.Equal(["psql-1", "in-process", "rabbitmq-1", "walk"], scenarios.Keys);
        Assert.Equal(["mongo_fdw"], results.RootElement.GetProperty("leftOut").EnumerateArray().Select(left => left.GetProperty("name").GetString()));
        foreach (var attempts in scenarios.Values.Select(scenario => scenario.GetProperty("attempts")))
        {
            Assert.Equal(2, attempts.EnumerateObject().Count());
            Assert.All(attempts.EnumerateObject(), attempt =>
            {
                Assert.Equal(2000, attempt.Value.GetProperty("rows").GetInt64());
                Assert.InRange(attempt.Value.GetProperty("seconds").GetDouble(), 1e-6, attempt.Value.GetProperty("wholeSeconds").GetDouble());
                Assert.InRange(attempt.Value.GetProperty("wholeCpuSeconds").GetDouble(), 1e-6, 300);
                Assert.InRange(attempt.Value.GetProperty("peakBytes").GetInt64(), 1, 2_000_000_000);
            });
        }

        var own = scenarios["rabbitmq-1"].GetProperty("attempts").GetProperty("0");
        Assert.InRange(own.GetProperty("allocatedBytesPerRow").GetDouble(), 1, 1e6);
        Assert.InRange(own.GetProperty("slices").GetInt32(), 1, 100);
    }

    private static async Task PublishAsync(string folder, string results)
    {
        var page = Path.Combine(folder, "performance.md");
        File.Copy(Path.Combine(Repository.Root, "docs", "performance.md"), page);

        await RunAsync(folder, "publish", results, "--docs", folder);
        var once = await File.ReadAllTextAsync(page, Cancellation);
        await RunAsync(folder, "publish", Path.Combine(folder, "performance", "results.json"), "--docs", folder);

        Assert.Contains("2,000 products of", once, StringComparison.Ordinal);
        Assert.Equal(once, await File.ReadAllTextAsync(page, Cancellation));
        foreach (var plot in new[] { "rates.svg", "cpu.svg" })
            Assert.Contains("<svg", await File.ReadAllTextAsync(Path.Combine(folder, "performance", plot), Cancellation), StringComparison.Ordinal);
    }

    private static async Task<string> RunAsync(string folder, params string[] arguments)
    {
        await using var bench = RunningProgram.Start(Program, arguments, Environment, folder);
        await bench.EndsWithAsync(0, Cancellation);
        return bench.Output;
    }
}
