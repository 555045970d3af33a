using Npgsql;

namespace Migration.Worker.Targets;

/// <summary>
/// Ends on the server the sessions that this process has lost. One that was left in the middle of a COPY waits for rows
/// that nobody will send, with locks on those it has; where what lies between (a proxy, a load balancer) answers for the
/// lost client, no keepalive ends it, and no time-out either, as PostgreSQL heeds none while it reads a COPY. Whoever
/// writes the same rows again would wait for it for ever.
/// </summary>
internal sealed class LostSessions(NpgsqlDataSource target)
{
    // Only one's own: the number may be another's by now.
    private const string Terminate =
        """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE pid = $1 AND usename = current_user AND application_name = current_setting('application_name')
          AND pid <> pg_backend_pid()
        """;

    private int? _lost;

    /// <summary>Runs it on a connection, and remembers the session should the connection not outlive it.</summary>
    public async Task<T> RunAsync<T>(Func<NpgsqlConnection, Task<T>> action, CancellationToken cancellationToken)
    {
        await using var connection = await target.OpenConnectionAsync(cancellationToken);
        var session = connection.ProcessID;
        try
        {
            return await action(connection);
        }
        catch when (connection.State != System.Data.ConnectionState.Open)
        {
            _lost = session;
            throw;
        }
    }

    /// <summary>To be called before what was lost is done again; does nothing where nothing was.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        if (_lost is not { } session)
            return;
        await using var command = target.CreateCommand(Terminate);
        command.Parameters.Add(new() { Value = session });
        await command.ExecuteNonQueryAsync(cancellationToken);
        _lost = null;
    }
}
