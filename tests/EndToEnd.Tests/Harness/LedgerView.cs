using Npgsql;

namespace Migration.EndToEnd.Tests.Harness;

/// <summary>What the ledger says of a run, by SQL of the test's own.</summary>
internal sealed class LedgerView(NpgsqlDataSource target, string run)
{
    /// <summary>Records whose outcome is committed; 0 as long as there is no ledger or no such run.</summary>
    public Task<long> ReadAsync(CancellationToken cancellation) => NumberAsync("sum(read)", cancellation);

    public Task<long> CompletedSlicesAsync(CancellationToken cancellation) => NumberAsync("count(*) FILTER (WHERE s.state = 'completed')", cancellation);

    public Task<long> SlicesInHandAsync(CancellationToken cancellation) => NumberAsync("count(*) FILTER (WHERE s.state = 'running')", cancellation);

    public async Task<long> NumberAsync(string aggregate, CancellationToken cancellation)
    {
        try
        {
            await using var command = target.CreateCommand(
                $"SELECT coalesce({aggregate}, 0)::bigint FROM migration.slice s JOIN migration.run r ON r.id = s.run_id WHERE r.name = $1");
            command.Parameters.Add(new() { Value = run });
            return (long)(await command.ExecuteScalarAsync(cancellation))!;
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            return 0;
        }
    }

    public Task<string?> StateAsync(CancellationToken cancellation) => TextAsync("state", cancellation);

    /// <summary>What the names of the run's queues begin with.</summary>
    public Task<string?> QueuePrefixAsync(CancellationToken cancellation)
        => TextAsync("'migration-' || name || '-' || right(replace(id::text, '-', ''), 8) || '-'", cancellation);

    private async Task<string?> TextAsync(string expression, CancellationToken cancellation)
    {
        try
        {
            await using var command = target.CreateCommand($"SELECT {expression} FROM migration.run WHERE name = $1");
            command.Parameters.Add(new() { Value = run });
            return (string?)await command.ExecuteScalarAsync(cancellation);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            return null;
        }
    }

    /// <summary>Waits until so many records are done, and checks that the run is still going on then.</summary>
    public async Task ReachesAsync(long records, RunningProgram? coordinator, CancellationToken cancellation)
    {
        await Until.TrueAsync(
            $"{records} records of run {run} are done",
            async () =>
            {
                if (coordinator is { HasExited: true })
                    Assert.Fail($"The run ended before {records} records were done.\n{coordinator.Tail(40)}");
                return await ReadAsync(cancellation) >= records;
            },
            cancellation, TimeSpan.FromMinutes(5));
        Assert.Equal("running", await StateAsync(cancellation));
    }
}
