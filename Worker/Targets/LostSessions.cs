using System.Collections.Concurrent;
using System.Data;
using Npgsql;

namespace Migration.Worker.Targets;

/// <summary>
/// Ends on the server the sessions that this process has lost. One that was left in the middle of a COPY waits for rows
/// that nobody will send, with locks on those it has; where what lies between (a proxy, a load balancer) answers for the
/// lost client, no keepalive ends it, and no time-out either, as PostgreSQL heeds none while it reads a COPY. Whoever
/// writes the same rows again would wait for it for ever, be it the attempt that lost it or a later one: they share this.
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

    private readonly ConcurrentDictionary<int, bool> _lost = new();

    /// <summary>Runs it on a connection, and remembers the session should the connection not outlive it.</summary>
    public async Task<T> RunAsync<T>(Func<NpgsqlConnection, Task<T>> action, CancellationToken cancellationToken)
    {
        await using var connection = await target.OpenConnectionAsync(cancellationToken);
        var session = connection.ProcessID;
        try
        {
            return await action(connection);
        }
        catch when (connection.State != ConnectionState.Open)
        {
            _lost[session] = true;
            throw;
        }
    }

    /// <summary>To be called before anything is written; does nothing where nothing was lost.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        foreach (var session in _lost.Keys)
        {
            await using var command = target.CreateCommand(Terminate);
            command.Parameters.Add(new() { Value = session });
            await command.ExecuteNonQueryAsync(cancellationToken);
            _lost.TryRemove(session, out _);
        }
    }
}
