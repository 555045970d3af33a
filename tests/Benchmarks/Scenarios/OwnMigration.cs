using System.Diagnostics;
using Migration.Benchmarks.Measuring;
using Migration.Benchmarks.Preparing;
using Migration.Benchmarks.Results;

namespace Migration.Benchmarks.Scenarios;

/// <summary><c>coordinator run</c>, the program that users have, with its ledger and all.</summary>
internal sealed class OwnMigration(OwnSetup setup) : LoadScenario
{
    /// <summary>Of the time of work that counts for what is allocated: before it, buffers grow to their size.</summary>
    private const double SteadyPart = 0.75;

    public override ScenarioNeeds Needs =>
        (setup.ByBroker ? ScenarioNeeds.RabbitMq : 0) | (setup.FromServer ? ScenarioNeeds.Source : ScenarioNeeds.Copies);

    private static string AllocationsIn(Bench bench) => Path.Combine(bench.Folder, "allocations");

    protected override long RowsOf(Bench bench) => setup.FromServer ? bench.RequiredSource.Products : bench.Data.Products;

    protected override async Task PrepareAsync(Bench bench, BenchDatabase database, CancellationToken cancellation)
    {
        if (setup.IntoFull)
            await Measuring.Programs.RunAsync([Psql.Program(database, bench.Data.CopyFolder, PsqlCopy.Command(BenchData.Copy))], cancellation);
    }

    protected override IReadOnlyList<ProcessStartInfo> Programs(Bench bench, BenchDatabase database)
    {
        Directory.CreateDirectory(AllocationsIn(bench));
        var source = setup.FromServer ? bench.RequiredSource.Uri : bench.Data.DumpFolder;
        var name = setup.FromServer ? bench.RequiredSource.Database : "shop";
        List<string> options = [setup.ByBroker ? "--local" : "--in-process", "--workers", $"{setup.Workers}"];
        if (setup.ByBroker)
            options.AddRange(["--log-folder", Path.Combine(bench.Folder, "logs")]);
        return
        [
            OwnRun.Program(
                bench.Folder, ProductsFile.Migration(name, setup.SliceRecords, setup.SlicesInHand, setup.OnConflict), source, database.Uri,
                setup.ByBroker ? bench.RequiredBroker : null, options, AllocationsIn(bench)),
        ];
    }

    protected override async Task<Attempt> ReadAsync(Bench bench, BenchDatabase database, ProgramsCost cost, CancellationToken cancellation)
    {
        var ledger = await database.LedgerAsync(cancellation);
        var (from, to) = (ledger.FirstClaim, ledger.LastCommit);
        var work = setup.ByBroker ? cost.Tree.ChildCpu : cost.Tree.RootCpu;
        return cost.WholeAttempt(RowsOf(bench)) with
        {
            Seconds = to - from,
            CpuSeconds = work.Growth(from, to),
            CoordinatorCpuSeconds = setup.ByBroker ? cost.Tree.RootCpu.Growth(from, to) : null,
            PlanningSeconds = ledger.PlanningSeconds,
            Slices = ledger.Slices,
            AllocatedBytesPerRow = AllocatedPerRow(bench, cost, to - ((to - from) * SteadyPart), to),
        };
    }

    private double AllocatedPerRow(Bench bench, ProgramsCost cost, double from, double to)
    {
        var processes = AllocationLog.Read(AllocationsIn(bench), setup.ByBroker ? cost.FirstId : null);
        return processes.Sum(process => process.Growth(from, to)) / (RowsOf(bench) * SteadyPart);
    }
}
