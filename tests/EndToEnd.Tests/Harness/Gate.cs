using Npgsql;

namespace Migration.EndToEnd.Tests.Harness;

/// <summary>
/// Holds a program at one statement, for as long as a test needs to kill it there: a trigger that waits for a lock which
/// the test has. The ledger must exist.
/// </summary>
internal sealed class Gate : IAsyncDisposable
{
    private const long Key = 7_120_001;

    private readonly NpgsqlDataSource _target;
    private readonly NpgsqlConnection _holder;
    private readonly string _table;
    private bool _open;

    private Gate(NpgsqlDataSource target, NpgsqlConnection holder, string table) => (_target, _holder, _table) = (target, holder, table);

    /// <param name="table">Of the ledger, such as <c>slice</c>.</param>
    /// <param name="when">The updates to hold, such as <c>NEW.number = 7</c>.</param>
    public static async Task<Gate> CloseAsync(
        NpgsqlDataSource target, string table, string when, CancellationToken cancellation)
    {
        var holder = await target.OpenConnectionAsync(cancellation);
        var gate = new Gate(target, holder, table);
        await ExecuteAsync(holder, $"SELECT pg_advisory_lock({Key})", cancellation);
        await ExecuteAsync(
            holder,
            $"""
            CREATE FUNCTION public.test_gate() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_advisory_xact_lock_shared({Key}); RETURN NEW; END $$;
            CREATE TRIGGER test_gate BEFORE UPDATE ON migration.{table} FOR EACH ROW WHEN ({when})
            EXECUTE FUNCTION public.test_gate();
            """,
            cancellation);
        return gate;
    }

    /// <summary>Returns when somebody waits at the gate.</summary>
    public Task SomebodyWaitsAsync(CancellationToken cancellation) => Until.TrueAsync(
        "somebody waits at the gate", async () => await WaitersAsync(cancellation) > 0, cancellation);

    /// <summary>Lets everybody through and takes the gate away.</summary>
    public async Task OpenAsync(CancellationToken cancellation)
    {
        _open = true;
        await ExecuteAsync(_holder, $"SELECT pg_advisory_unlock({Key})", cancellation);
        await Until.TrueAsync("nobody waits at the gate", async () => await WaitersAsync(cancellation) == 0, cancellation);
        await ExecuteAsync(_holder, $"DROP TRIGGER test_gate ON migration.{_table}; DROP FUNCTION public.test_gate()", cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_open)
            await ExecuteAsync(_holder, $"SELECT pg_advisory_unlock({Key})", CancellationToken.None);
        await _holder.DisposeAsync();
    }

    private async Task<long> WaitersAsync(CancellationToken cancellation)
    {
        await using var command = _target.CreateCommand(
            $"""
            SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = {Key}
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """);
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
