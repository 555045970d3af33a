using Npgsql;

namespace Migration.Contracts.Ledger;

/// <summary>How many connections to the target there are, and how many of them workers may have.</summary>
/// <param name="Usable">That this user may have at most: the server's, without those that it keeps back.</param>
/// <param name="Free">Of these now: not held by others, and not allowed to another run of this ledger that is under way.</param>
public sealed record ConnectionRoom(int Usable, int Free)
{
    /// <summary>Its run's lock, its ledger, its planning, and what its HTTP endpoints ask.</summary>
    public const int OfCoordinator = 4;

    /// <summary>For the coordinator, for workers that ask for a share, and for people who look.</summary>
    public int Margin => OfCoordinator + Math.Max(2, Usable / 20);

    /// <summary>The limit where the migration file says none.</summary>
    public int ForWorkers => ForWorkersBeside(0);

    /// <param name="builds">Connections besides, in which the coordinator builds while workers still hold theirs.</param>
    public int ForWorkersBeside(int builds) => Math.Max(ConnectionShare.Least, Free - Margin - builds);

    /// <param name="run">The run that asks: its own workers and limit do not stand in its way.</param>
    public static async Task<ConnectionRoom> MeasureAsync(
        NpgsqlConnection connection, Guid? run, CancellationToken cancellationToken)
    {
        // What kind another user's session is and what it does is hidden from a user without rights; that it is there is
        // not. A worker's session of this ledger counts by its run's limit. reserved_connections came with PostgreSQL 16.
        var (usable, free) = (await connection.QueryAsync(
            """
            WITH other AS (
                SELECT usesysid, datid FROM pg_catalog.pg_stat_activity a
                WHERE pid <> pg_backend_pid() AND usesysid IS NOT NULL AND datid IS NOT NULL
                  AND coalesce(backend_type, 'client backend') = 'client backend'
                  AND NOT (datname = current_database() AND application_name LIKE 'migration worker %')),
            usable AS (
                SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
                         - coalesce(current_setting('reserved_connections', true)::int, 0) AS server,
                       (SELECT nullif(rolconnlimit, -1) FROM pg_catalog.pg_roles WHERE rolname = current_user) AS role,
                       (SELECT nullif(datconnlimit, -1) FROM pg_catalog.pg_database WHERE datname = current_database()) AS database)
            SELECT least(server, role, database),
                   least(server - (SELECT count(*) FROM other)::int,
                         role - (SELECT count(*) FROM other o JOIN pg_catalog.pg_roles r ON r.oid = o.usesysid WHERE r.rolname = current_user)::int,
                         database - (SELECT count(*) FROM other o JOIN pg_catalog.pg_database d ON d.oid = o.datid WHERE d.datname = current_database())::int)
            FROM usable
            """,
            row => (row.GetInt32(0), row.GetInt32(1)), cancellationToken)).Single();
        return new ConnectionRoom(usable, Math.Max(0, free - await OfOtherRunsAsync(connection, run, cancellationToken)));
    }

    /// <summary>0 where there is no ledger yet, or one that does not divide connections.</summary>
    private static async Task<int> OfOtherRunsAsync(NpgsqlConnection connection, Guid? run, CancellationToken cancellationToken)
    {
        if (!await connection.ScalarAsync<bool>(
            """
            SELECT EXISTS (SELECT FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
                           JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                           WHERE n.nspname = 'migration' AND c.relname = 'run' AND a.attname = 'max_connections')
            """,
            cancellationToken))
        {
            return 0;
        }

        return await connection.ScalarAsync<int>(
            "SELECT coalesce(sum(max_connections), 0)::int FROM migration.run WHERE state = 'running' AND id IS DISTINCT FROM $1::uuid",
            cancellationToken, run);
    }
}
