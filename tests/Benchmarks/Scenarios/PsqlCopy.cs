using System.Diagnostics;
using Migration.Benchmarks.Measuring;
using Migration.Benchmarks.Preparing;
using Migration.Benchmarks.Results;

namespace Migration.Benchmarks.Scenarios;

/// <summary><c>psql \copy</c> of COPY's binary files, one process and one connection for each.</summary>
/// <param name="intoMongoFdw">Into the server that mongo_fdw is measured on, to tell the one's part from the other's.</param>
internal sealed class PsqlCopy(bool inHalves, bool intoMongoFdw = false) : LoadScenario
{
    public override ScenarioNeeds Needs => ScenarioNeeds.Copies | (intoMongoFdw ? ScenarioNeeds.MongoFdw : 0);

    public static string Command(string file) => $"\\copy {ProductsFile.Name} FROM '{file}' (FORMAT binary)";

    protected override BenchServer ServerOf(Bench bench) => intoMongoFdw ? bench.RequiredMongoFdw : bench.Server;

    protected override IReadOnlyList<ProcessStartInfo> Programs(Bench bench, BenchDatabase database)
    {
        IReadOnlyList<string> files = inHalves ? BenchData.Halves : [BenchData.Copy];
        return [.. files.Select(file => Psql.Program(database, bench.Data.CopyFolder, Command(file)))];
    }

    protected override Task<Attempt> ReadAsync(Bench bench, BenchDatabase database, ProgramsCost cost, CancellationToken cancellation)
        => Task.FromResult(cost.WholeAttempt(RowsOf(bench)));
}
