using System.Diagnostics.CodeAnalysis;
using Migration.Contracts.Migrations;
using Npgsql;

namespace Migration.Coordinator.Building;

/// <summary>Runs statements that are made of the names of a migration file.</summary>
[SuppressMessage("Security", "CA2100", Justification = "Names are quoted; a condition is the migration file's own, and its user's right.")]
internal static class BuildSql
{
    /// <summary>The names in double quotes, in parentheses.</summary>
    public static string List(IEnumerable<string> names) => $"({string.Join(", ", names.Select(TableName.Quote))})";

    public static async Task ExecuteAsync(this NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public static async Task<List<T>> QueryAsync<T>(
        this NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
            rows.Add(read(reader));
        return rows;
    }
}
