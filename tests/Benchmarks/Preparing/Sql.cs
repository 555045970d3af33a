using Npgsql;

namespace Migration.Benchmarks.Preparing;

internal static class Sql
{
    /// <summary>A checkpoint after a large load, or hashing all rows, may take its time.</summary>
    private const int TimeoutSeconds = 600;

    public static async Task ExecuteAsync(NpgsqlDataSource database, string sql, CancellationToken cancellation)
    {
        await using var command = Command(database, sql);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    public static async Task<object?> ScalarAsync(NpgsqlDataSource database, string sql, CancellationToken cancellation)
    {
        await using var command = Command(database, sql);
        return await command.ExecuteScalarAsync(cancellation);
    }

    public static NpgsqlCommand Command(NpgsqlDataSource database, string sql)
    {
        var command = database.CreateCommand(sql);
        command.CommandTimeout = TimeoutSeconds;
        return command;
    }
}
