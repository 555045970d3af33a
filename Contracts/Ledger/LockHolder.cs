using System.Globalization;
using Npgsql;

namespace Migration.Contracts.Ledger;

/// <summary>The session that holds a run's lock, as PostgreSQL shows it.</summary>
/// <param name="Name">As <c>coordinator host:pid</c>.</param>
/// <param name="Address">Null where it is another database user's, of which only the name is shown.</param>
/// <param name="Since">UTC, by the database's clock.</param>
/// <param name="LastWord">When it was last heard of; not to be compared with anything but itself, as the clock may jump.</param>
/// <param name="SilentFor">By the database's clock.</param>
internal sealed record LockHolder(
    int ProcessId, string Name, string? Address, DateTime? Since, DateTime? LastWord, TimeSpan? SilentFor)
{
    /// <summary>Null when nobody holds it any more.</summary>
    public static async Task<LockHolder?> FindAsync(NpgsqlConnection connection, long key, CancellationToken cancellationToken)
        => (await connection.QueryAsync(
            $"""
            SELECT a.pid, a.application_name, coalesce(host(a.client_addr), 'a local socket'), a.backend_start AT TIME ZONE 'UTC',
              a.state_change AT TIME ZONE 'UTC', clock_timestamp() - a.state_change
            FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
            WHERE {RunLock.HoldsKey}
            """,
            Read, cancellationToken, key)).FirstOrDefault();

    /// <summary>The sentence for whoever wants it and can't have it.</summary>
    public static async Task<string> DescribeAsync(
        NpgsqlConnection connection, string runName, long key, CancellationToken cancellationToken)
    {
        if (await FindAsync(connection, key, cancellationToken) is not { } holder)
            return $"Run '{runName}' was driven by another coordinator a moment ago. Try again.";
        var since = holder.Since is { } start
            ? string.Create(CultureInfo.InvariantCulture, $" (connected from {holder.Address} since {start:yyyy-MM-dd HH:mm:ss} UTC)")
            : ", connected as another database user";
        return $"Run '{runName}' is driven by {holder.Name}{since}. Wait for it or stop it first.";
    }

    private static LockHolder Read(NpgsqlDataReader reader)
    {
        // PostgreSQL shows another user's connections by name only.
        var since = reader.Nullable<DateTime>(3);
        return new LockHolder(
            reader.GetInt32(0), reader.GetString(1), since is null ? null : reader.GetString(2), since, reader.Nullable<DateTime>(4),
            reader.Nullable<TimeSpan>(5));
    }
}
