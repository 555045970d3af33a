using System.Diagnostics;
using Migration.Benchmarks.Measuring;
using Migration.Benchmarks.Preparing;
using Migration.Benchmarks.Results;

namespace Migration.Benchmarks.Scenarios;

/// <summary>Brings rows into a table of a fresh database after a checkpoint, and has them checked.</summary>
internal abstract class LoadScenario : Scenario
{
    /// <summary>How many rows there will be.</summary>
    protected virtual long RowsOf(Bench bench) => bench.Data.Products;

    /// <summary>What is in the table beforehand; nothing, unless a scenario says otherwise.</summary>
    protected virtual Task FillAsync(Bench bench, BenchDatabase database, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>Started together.</summary>
    protected abstract IReadOnlyList<ProcessStartInfo> Programs(Bench bench, BenchDatabase database);

    /// <summary>When the work itself began and ended, in seconds since 1970, and what else the scenario knows of it.</summary>
    protected abstract Task<Attempt> ReadAsync(Bench bench, BenchDatabase database, ProgramsCost cost, CancellationToken cancellation);

    public override async Task<Attempt> RunAsync(Bench bench, bool thorough, CancellationToken cancellation)
    {
        await using var database = await bench.Server.CreateAsync(cancellation);
        await FillAsync(bench, database, cancellation);
        await bench.Server.CheckpointAsync(cancellation);
        var postgres = bench.Server.Cpu.Seconds();
        var cost = await Measuring.Programs.RunAsync(Programs(bench, database), cancellation);
        var postgresSeconds = bench.Server.Cpu.Seconds() - postgres;
        var attempt = await ReadAsync(bench, database, cost, cancellation) with
        {
            PostgresCpuSeconds = postgresSeconds,
            OtherCpuSeconds = postgresSeconds is { } used ? Math.Max(0, cost.MachineCpuSeconds - cost.CpuSeconds - used) : null,
        };
        await CheckAsync(bench, database, thorough, cancellation);
        return attempt;
    }

    private async Task CheckAsync(Bench bench, BenchDatabase database, bool thorough, CancellationToken cancellation)
    {
        var (expected, count) = (RowsOf(bench), await database.CountAsync(cancellation));
        if (count != expected)
            throw new BenchException($"{Name}: {count:N0} rows are in the table and not {expected:N0}.");
        if (thorough && expected == bench.Data.Products && await database.ChecksumAsync(cancellation) != bench.Data.Checksum)
            throw new BenchException($"{Name}: the rows in the table are not those that psql reads.");
    }
}
