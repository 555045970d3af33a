using Migration.TestServers;
using Npgsql;

namespace Migration.Worker.Tests.Targets;

/// <summary>One database for a test class; each test takes a schema of its own name in it.</summary>
public sealed class TargetFixture : IAsyncLifetime
{
    private PostgresDatabase? _database;

    public async ValueTask InitializeAsync() => _database = await Postgres.CreateDatabaseAsync();

    public ValueTask DisposeAsync() => _database is null ? ValueTask.CompletedTask : _database.DisposeAsync();

    public NpgsqlDataSource DataSource => _database!.DataSource;

    public string ConnectionString => _database!.ConnectionString;

    public async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = await _database!.DataSource.OpenConnectionAsync();
        await connection.ExecuteAsync("SET timezone = 'UTC'");
        return connection;
    }
}

internal static class ConnectionExtensions
{
    public static async Task ExecuteAsync(this NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public static async Task<T> ScalarAsync<T>(this NpgsqlConnection connection, string sql, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        return (T)(await command.ExecuteScalarAsync())!;
    }
}
