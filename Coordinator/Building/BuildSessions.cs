using System.Globalization;
using Npgsql;

namespace Migration.Coordinator.Building;

/// <summary>
/// The sessions in which builds are made. Each has the name of its build, so that one which outlives its coordinator is
/// found: PostgreSQL goes on with a statement whose client is gone, and what took hours is waited for and not begun anew.
/// </summary>
/// <param name="target">Of the same server, for looks at what becomes of the sessions.</param>
internal sealed class BuildSessions(string connectionString, NpgsqlDataSource target, Guid runId, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Longer than any lock that a build of this run takes while another one may want it; then the build is tried again.</summary>
    private const string Settings = """
        SET statement_timeout = 0; SET lock_timeout = '60s'; SET idle_in_transaction_session_timeout = 0;
        SET tcp_keepalives_idle = 20; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3
        """;

    private readonly SessionWatch _watch = new(target, time);

    /// <param name="place">Of the build in the run's list.</param>
    /// <param name="waits">Told when a session of an earlier attempt is waited for.</param>
    /// <exception cref="NpgsqlException">Also when the session's link was lost without a word.</exception>
    public async Task<T> UseAsync<T>(
        int place, Action<int> waits, Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"migration build {runId:N} {place}");
        await using var connection = Create(name);
        await connection.OpenAsync(cancellationToken);
        return await _watch.GuardAsync(
            connection, name,
            async token =>
            {
                await PrepareAsync(connection, name, waits, token);
                return await work(connection, token);
            },
            cancellationToken);
    }

    private NpgsqlConnection Create(string name)
        => new(new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = name,
            Pooling = false,
            CommandTimeout = 0,
            TcpKeepAlive = true,
        }.ConnectionString);

    private async Task PrepareAsync(NpgsqlConnection connection, string name, Action<int> waits, CancellationToken cancellationToken)
    {
        await WaitForFormerAsync(connection, name, waits, cancellationToken);
        await connection.ExecuteAsync(Settings, cancellationToken);
    }

    /// <summary>One that does nothing is ended: its client is gone, or is a coordinator that the run was taken from.</summary>
    private async Task WaitForFormerAsync(NpgsqlConnection connection, string name, Action<int> waits, CancellationToken cancellationToken)
    {
        const string Former = """
            SELECT pid, CASE WHEN state = 'active' THEN true ELSE NOT pg_terminate_backend(pid) END FROM pg_catalog.pg_stat_activity
            WHERE application_name = $1 AND usename = current_user AND datname = current_database() AND pid <> pg_backend_pid()
            """;
        var told = false;
        while (await connection.QueryAsync(Former, row => (Pid: row.GetInt32(0), IsActive: row.GetBoolean(1)), cancellationToken, name) is { Count: > 0 } former)
        {
            if (!told && former.Find(session => session.IsActive) is { IsActive: true } active)
            {
                waits(active.Pid);
                told = true;
            }

            await Task.Delay(Interval, time, cancellationToken);
        }
    }
}
