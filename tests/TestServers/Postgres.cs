using Npgsql;

namespace Migration.TestServers;

/// <summary>The PostgreSQL server that MIGRATION_TEST_POSTGRES names. Its user may create databases.</summary>
public static class Postgres
{
    public static Uri Uri =>
        new(ServerAddress.Required("MIGRATION_TEST_POSTGRES", "postgres://user:password@localhost:5432/postgres"));

    public static string ConnectionString => PostgresUri.ToConnectionString(Uri);

    /// <summary>An empty database for one test, dropped when disposed of.</summary>
    public static async Task<PostgresDatabase> CreateDatabaseAsync(CancellationToken cancellation = default)
    {
        var name = "test_" + Guid.NewGuid().ToString("N");
        await ExecuteAsync($"CREATE DATABASE {name}", cancellation);
        return new PostgresDatabase(name, new UriBuilder(Uri) { Path = name }.Uri);
    }

    internal static async Task ExecuteAsync(string sql, CancellationToken cancellation)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync(cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
