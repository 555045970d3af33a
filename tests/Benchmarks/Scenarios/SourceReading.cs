using System.Diagnostics;
using System.Text.Json;
using Migration.Benchmarks.Commands;
using Migration.Benchmarks.Measuring;
using Migration.Benchmarks.Preparing;
using Migration.Benchmarks.Results;

namespace Migration.Benchmarks.Scenarios;

/// <summary>Reads a source and writes nothing: this program again, as a process of its own.</summary>
/// <param name="command">Of <see cref="ReadingCommands"/>.</param>
internal sealed class SourceReading(string command, bool fromServer) : Scenario
{
    public override ScenarioKind Kind => ScenarioKind.Reading;

    public override ScenarioNeeds Needs => fromServer ? ScenarioNeeds.Source : ScenarioNeeds.None;

    public override async Task<Attempt> RunAsync(Bench bench, bool thorough, CancellationToken cancellation)
    {
        var cost = await Programs.RunAsync([Program(bench)], cancellation);
        var reading = JsonSerializer.Deserialize<ReadingTime>(cost.Outputs[0])!;
        var expected = fromServer ? bench.RequiredSource.Products : bench.Data.Products;
        if (reading.Records != expected)
            throw new BenchException($"{Name}: {reading.Records:N0} records were read and not {expected:N0}.");
        return cost.LastPartAttempt(reading.Records, reading.Seconds) with { Slices = reading.Slices };
    }

    private ProcessStartInfo Program(Bench bench)
    {
        var database = fromServer ? bench.RequiredSource.Database : "shop";
        var file = Path.Combine(bench.Folder, "migration.yaml");
        File.WriteAllText(file, ProductsFile.Migration(database));
        var program = Programs.Dotnet(Repository.Benchmarks, command, file);
        program.Environment["MIGRATION_SOURCE"] = fromServer ? bench.RequiredSource.Uri : bench.Data.DumpFolder;
        // The file is not whole without a target; nothing connects to it.
        program.Environment["MIGRATION_TARGET"] = "postgres://nobody@127.0.0.1/none";
        return program;
    }
}
