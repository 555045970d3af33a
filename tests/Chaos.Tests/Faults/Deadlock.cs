using Npgsql;

namespace Migration.Chaos.Tests.Faults;

/// <summary>
/// Another session has the row of a slice in hand and wants the table that the worker has written to. The worker's own
/// deadlock_timeout is the shorter, so that it is the worker's transaction that PostgreSQL gives up.
/// </summary>
internal sealed class Deadlock(string name, Moment moment) : OutsideFault(name, "deadlock", moment)
{
    /// <summary>What PostgreSQL logs, before the one that it gives up lets go of its locks.</summary>
    private const string Detected = "deadlock detected";

    private bool _happened;

    public override bool HasStruck(Theatre theatre) => _happened;

    protected override async Task HappenAsync(Theatre theatre, CancellationToken cancellation)
    {
        await using var session = await theatre.Bed.Target.OpenConnectionAsync(cancellation);
        await using var transaction = await session.BeginTransactionAsync(cancellation);
        if (await FirstAsync(session, cancellation) is not { } table)
            return;
        LetGo(theatre);
        var waits = await theatre.UntilAsync(
            "a worker waits for the slice",
            () => theatre.AskAsync<bool>($"SELECT EXISTS (SELECT FROM pg_locks WHERE {IsHeldUp(session)})", cancellation), cancellation);

        // One that has not written yet, but claims or gives back, cannot be had for a deadlock.
        if (!waits || !await theatre.AskAsync<bool>(
            $"SELECT EXISTS (SELECT FROM pg_locks WHERE {IsHeldUp(session)} AND relation = '{table}'::regclass AND granted)", cancellation))
        {
            return;
        }

        var before = theatre.Arena.Target.CountInLog(Detected);
        await ExecuteAsync(session, $"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE", cancellation);
        _happened = theatre.Arena.Target.CountInLog(Detected) > before;
    }

    private static string IsHeldUp(NpgsqlConnection session) => $"{session.ProcessID} = ANY (pg_blocking_pids(pid))";

    /// <summary>The table that the slice whose row is now locked is written to; null where none is in hand.</summary>
    private static async Task<string?> FirstAsync(NpgsqlConnection session, CancellationToken cancellation)
    {
        await ExecuteAsync(session, "SET LOCAL deadlock_timeout = '20s'", cancellation);
        await using var command = new NpgsqlCommand(
            "SELECT 'shop.' || collection FROM migration.slice WHERE state = 'running' LIMIT 1 FOR UPDATE SKIP LOCKED", session);
        return (string?)await command.ExecuteScalarAsync(cancellation);
    }

    private static async Task ExecuteAsync(NpgsqlConnection session, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, session);
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
