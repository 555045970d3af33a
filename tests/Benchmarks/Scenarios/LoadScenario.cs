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

    /// <summary>Where the database is.</summary>
    protected virtual BenchServer ServerOf(Bench bench) => bench.Server;

    /// <summary>What is there beforehand, in the table or beside it; nothing, unless a scenario says otherwise.</summary>
    protected virtual Task PrepareAsync(Bench bench, BenchDatabase database, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>Started together.</summary>
    protected abstract IReadOnlyList<ProcessStartInfo> Programs(Bench bench, BenchDatabase database);

    /// <summary>When the work itself began and ended, in seconds since 1970, and what else the scenario knows of it.</summary>
    protected abstract Task<Attempt> ReadAsync(Bench bench, BenchDatabase database, ProgramsCost cost, CancellationToken cancellation);

    /// <summary>What the way is known to leave out, brought now that the measurement is over; so that rows can be compared whole.</summary>
    protected virtual Task CompleteAsync(Bench bench, BenchDatabase database, CancellationToken cancellation) => Task.CompletedTask;

    public override async Task<Attempt> RunAsync(Bench bench, bool thorough, CancellationToken cancellation)
    {
        var server = ServerOf(bench);
        await using var database = await server.CreateAsync(cancellation);
        await PrepareAsync(bench, database, cancellation);
        await server.CheckpointAsync(cancellation);
        var postgres = server.Cpu.Seconds();
        var cost = await Measuring.Programs.RunAsync(Programs(bench, database), cancellation);
        var postgresSeconds = server.Cpu.Seconds() - postgres;
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
        if (!thorough || expected != bench.Data.Products)
            return;
        await CompleteAsync(bench, database, cancellation);
        if (await database.ChecksumAsync(cancellation) != bench.Data.Checksum)
            throw new BenchException($"{Name}: the rows in the table are not those that psql reads.");
    }
}
