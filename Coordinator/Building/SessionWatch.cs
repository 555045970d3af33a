using System.Data;
using Npgsql;

namespace Migration.Coordinator.Building;

/// <summary>
/// Looks, through other connections, whether PostgreSQL still works on what a session waits for. What may take hours has
/// no time-out, and on a link that is half open a lost answer looks like a long build: only the server can tell the two
/// apart.
/// </summary>
internal sealed class SessionWatch(NpgsqlDataSource target, TimeProvider time)
{
    /// <summary>Longer than any answer is on its way.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    /// <param name="name">The session's <c>application_name</c>, which is no other's.</param>
    /// <exception cref="NpgsqlException">
    /// Transient: the session was seen at rest, or was seen and is gone, at two looks one after the other, with its client
    /// waiting all the while.
    /// </exception>
    public async Task<T> GuardAsync<T>(
        NpgsqlConnection connection, string name, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        var isLost = false;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watching = EndWhenLostAsync();
        try
        {
            return await work(end.Token);
        }
        catch (Exception e) when (isLost && !cancellationToken.IsCancellationRequested)
        {
            throw new NpgsqlException("PostgreSQL no longer works on it, and its answer has not come", new TimeoutException(e.Message, e));
        }
        finally
        {
            await end.CancelAsync();
            try
            {
                await watching;
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                // The work has ended first.
            }
        }

        async Task EndWhenLostAsync()
        {
            await WatchAsync(connection, name, end.Token);
            isLost = true;
            await end.CancelAsync();
        }
    }

    /// <summary>Ends with the session lost.</summary>
    private async Task WatchAsync(NpgsqlConnection connection, string name, CancellationToken cancellationToken)
    {
        var (wasSeen, restBefore) = (false, (string?)null);
        while (true)
        {
            await Task.Delay(Interval, time, cancellationToken);
            var (isSeen, rest) = await LookAsync(name, cancellationToken);
            wasSeen |= isSeen;
            if (!wasSeen || !AwaitsAnswer(connection))
                rest = null;
            if (rest is not null && rest == restBefore)
                return;
            restBefore = rest;
        }
    }

    private static bool AwaitsAnswer(NpgsqlConnection connection)
        => (connection.FullState & (ConnectionState.Executing | ConnectionState.Fetching)) != 0;

    /// <returns>RestsSince is when the session last did something, "gone" without a session, or null where it works or nobody can tell.</returns>
    private async Task<(bool IsSeen, string? RestsSince)> LookAsync(string name, CancellationToken cancellationToken)
    {
        const string Look = """
            SELECT count(*) > 0, CASE WHEN count(*) = 0 THEN 'gone' WHEN bool_and(state LIKE 'idle%') THEN max(state_change)::text END
            FROM pg_catalog.pg_stat_activity WHERE application_name = $1 AND usename = current_user AND datname = current_database()
            """;
        try
        {
            await using var connection = await target.OpenConnectionAsync(cancellationToken);
            var found = await connection.QueryAsync(
                Look, row => (row.GetBoolean(0), row.IsDBNull(1) ? null : row.GetString(1)), cancellationToken, name);
            return found[0];
        }
        catch (NpgsqlException)
        {
            // Away, or it lets nobody in any more: nothing can be told of its sessions then, and a build goes on all the same.
            return (false, null);
        }
    }
}
