using System.Diagnostics;
using System.Text.Json;
using Migration.Benchmarks.Measuring;
using Migration.Benchmarks.Preparing;
using Migration.Benchmarks.Results;

namespace Migration.Benchmarks.Scenarios;

/// <summary>A script with pymongo and psycopg2.</summary>
/// <param name="inBatches">By COPY of many rows, each batch a transaction, and all rows; else row by row, and a sample of them.</param>
internal sealed class PythonLoop(bool inBatches, bool fromServer) : LoadScenario
{
    private static readonly JsonSerializerOptions s_options = new() { PropertyNameCaseInsensitive = true };

    /// <summary>The system's Python, for that is the one that Debian's packages of pymongo and psycopg2 are for.</summary>
    public static string Interpreter { get; } = File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";

    public override ScenarioNeeds Needs => ScenarioNeeds.Python | (fromServer ? ScenarioNeeds.Source : ScenarioNeeds.Copies);

    protected override long RowsOf(Bench bench)
    {
        var all = fromServer ? bench.RequiredSource.Products : bench.Data.Products;
        return inBatches ? all : Math.Min(all, bench.Sample);
    }

    protected override IReadOnlyList<ProcessStartInfo> Programs(Bench bench, BenchDatabase database)
    {
        var program = Measuring.Programs.Of(
            Interpreter, Repository.Python(inBatches ? "in_batches.py" : "one_by_one.py"), "--rows", $"{RowsOf(bench)}",
            fromServer ? "--database" : "--dump", fromServer ? bench.RequiredSource.Database : bench.Data.DumpFile);
        foreach (var (name, value) in database.LibpqEnvironment)
            program.Environment[name] = value;
        program.Environment["MIGRATION_SOURCE"] = fromServer ? bench.RequiredSource.Uri : null;
        program.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        return [program];
    }

    protected override Task<Attempt> ReadAsync(Bench bench, BenchDatabase database, ProgramsCost cost, CancellationToken cancellation)
    {
        var loop = JsonSerializer.Deserialize<LoopTime>(cost.Outputs[0], s_options)!;
        return Task.FromResult(cost.LastPartAttempt(loop.Rows, loop.Seconds));
    }

    /// <summary>What the scripts print.</summary>
    private sealed record LoopTime(long Rows, double Seconds);
}
