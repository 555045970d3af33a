using System.CommandLine;
using Migration.Benchmarks.Preparing;
using Migration.Benchmarks.Reports;
using Migration.Benchmarks.Results;
using Migration.Benchmarks.Scenarios;

namespace Migration.Benchmarks.Commands;

/// <summary><c>run</c>: makes the data, runs the scenarios in rounds, keeps the results and prints them.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var command = new Command("run", "Run scenarios side by side and print how they compare");
        RunOptions.AddTo(command);
        command.SetAction(async (parsed, cancellation) => await BenchmarksCommand.TryAsync(() => RunAsync(RunOptions.Read(parsed), cancellation)));
        return command;
    }

    /// <returns>0, or 1 when a scenario failed.</returns>
    private static async Task<int> RunAsync(RunOptions options, CancellationToken cancellation)
    {
        List<LeftOut> leftOut = [];
        await using var mongoFdw = options.Needs.HasFlag(ScenarioNeeds.MongoFdw) ? await MongoFdwServer.FindAsync(leftOut, cancellation) : null;
        if (mongoFdw is null)
            options = options.Without(ScenarioNeeds.MongoFdw);
        await using var server = await BenchServer.OpenAsync(Address("MIGRATION_TEST_POSTGRES", "a PostgreSQL server")!, cancellation);
        var data = BenchData.In(options.Folder, options.Products);
        await MakeAsync(data, server, options.Needs, cancellation);
        await using var source = options.Needs.HasFlag(ScenarioNeeds.Source)
            ? await SourceServer.LoadAsync(Address("MIGRATION_TEST_MONGODB", "a server to read from")!.OriginalString, options.ServerProducts, cancellation)
            : null;
        var broker = options.Needs.HasFlag(ScenarioNeeds.RabbitMq) ? Address("MIGRATION_TEST_RABBITMQ", "a RabbitMQ server") : null;
        var folder = Directory.CreateTempSubdirectory("migration-bench-").FullName;
        try
        {
            return await RunAsync(options, new Bench(server, data, broker, source, mongoFdw, folder, options.Sample), leftOut, cancellation);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<int> RunAsync(RunOptions options, Bench bench, IEnumerable<LeftOut> leftOut, CancellationToken cancellation)
    {
        var started = DateTimeOffset.UtcNow;
        var path = options.Output ?? ResultFile.NewPath(started);
        var versions = await Versions.OfAsync(bench, options.Needs, cancellation);
        var reference = options.Scenarios.Any(scenario => scenario.Name == Catalogue.Reference) ? Catalogue.Reference : null;
        var result = new BenchResult(
            started, options.Products, new FileInfo(bench.Data.DumpFile).Length, options.Rounds, reference, Machine.OfThis(), versions);
        result.LeftOut.AddRange(leftOut);
        await bench.Data.WarmUpAsync(cancellation);
        var succeeded = await new Rounds(bench, options.Scenarios, result, path).RunAsync(cancellation);
        Console.WriteLine(ResultText.Of(result));
        await Console.Error.WriteLineAsync($"\nKept in {path}.");
        return succeeded ? 0 : 1;
    }

    private static async Task MakeAsync(BenchData data, BenchServer server, ScenarioNeeds needs, CancellationToken cancellation)
    {
        if (needs.HasFlag(ScenarioNeeds.Copies))
            await data.MakeCopiesAsync(server, cancellation);
        else
            await data.MakeDumpAsync(cancellation);
    }

    private static Uri? Address(string variable, string what) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } address
            ? new Uri(address)
            : throw new BenchException($"{variable} is not set: this needs {what}; ./bench.sh starts one.");
}
