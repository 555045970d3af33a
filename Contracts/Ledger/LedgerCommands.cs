using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace Migration.Contracts.Ledger;

/// <summary>Runs a statement with positional parameters on a connection or a data source.</summary>
[SuppressMessage("Security", "CA2100", Justification = "Every statement is a constant of this folder; values travel as parameters.")]
internal static class LedgerCommands
{
    public static async Task<int> ExecuteAsync(
        this NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object?[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.With(values).ExecuteNonQueryAsync(cancellationToken);
    }

    public static async Task<int> ExecuteAsync(
        this NpgsqlDataSource target, string sql, CancellationToken cancellationToken, params object?[] values)
    {
        await using var command = target.CreateCommand(sql);
        return await command.With(values).ExecuteNonQueryAsync(cancellationToken);
    }

    public static async Task<T> ScalarAsync<T>(
        this NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object?[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.With(values).ExecuteScalarAsync(cancellationToken))!;
    }

    public static async Task<T> ScalarAsync<T>(
        this NpgsqlDataSource target, string sql, CancellationToken cancellationToken, params object?[] values)
    {
        await using var command = target.CreateCommand(sql);
        return (T)(await command.With(values).ExecuteScalarAsync(cancellationToken))!;
    }

    public static async Task<List<T>> QueryAsync<T>(
        this NpgsqlDataSource target, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken,
        params object?[] values)
    {
        await using var command = target.CreateCommand(sql);
        return await command.With(values).ReadAllAsync(read, cancellationToken);
    }

    public static async Task<List<T>> QueryAsync<T>(
        this NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken,
        params object?[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.With(values).ReadAllAsync(read, cancellationToken);
    }

    public static T? Nullable<T>(this NpgsqlDataReader reader, int ordinal)
        where T : struct
        => reader.IsDBNull(ordinal) ? null : reader.GetFieldValue<T>(ordinal);

    public static string? Text(this NpgsqlDataReader reader, int ordinal)
        => reader.IsDBNull(ordinal) ? null : reader.GetString(ordinal);

    private static async Task<List<T>> ReadAllAsync<T>(
        this NpgsqlCommand command, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
            rows.Add(read(reader));
        return rows;
    }

    private static NpgsqlCommand With(this NpgsqlCommand command, object?[] values)
    {
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        return command;
    }
}
