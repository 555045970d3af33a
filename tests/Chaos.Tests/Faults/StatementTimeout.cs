using Npgsql;

namespace Migration.Chaos.Tests.Faults;

/// <summary>The target has a short statement_timeout, and a table is locked for longer than that.</summary>
internal sealed class StatementTimeout(string name, string table, Moment moment)
    : OutsideFault(name, $"statement timeout on {table}", moment)
{
    private bool _timedOut;

    public override bool HasStruck(Theatre theatre) => _timedOut;

    public override Task PrepareAsync(Theatre theatre, CancellationToken cancellation)
        => theatre.Arena.ExecuteAsync($"ALTER DATABASE {theatre.Database} SET statement_timeout = '1s'", cancellation);

    protected override async Task HappenAsync(Theatre theatre, CancellationToken cancellation)
    {
        await using var session = await theatre.Bed.Target.OpenConnectionAsync(cancellation);
        await using var transaction = await session.BeginTransactionAsync(cancellation);
        await using var command = new NpgsqlCommand(
            $"SET LOCAL statement_timeout = 0; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE", session, transaction);
        await command.ExecuteNonQueryAsync(cancellation);
        LetGo(theatre);

        var waiting = new HashSet<string>();
        _timedOut = await theatre.UntilAsync(
            $"a statement that waits for {table} is given up",
            async () =>
            {
                var now = await theatre.AskAsync<string[]>(
                    """
                    SELECT coalesce(array_agg(pid || ' ' || query_start), '{}') FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event_type = 'Lock'
                    """,
                    cancellation);
                waiting.UnionWith(now);
                return waiting.Except(now).Any();
            },
            cancellation);
    }
}
