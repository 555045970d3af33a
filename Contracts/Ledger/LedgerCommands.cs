using System.Diagnostics.CodeAnalysis;
using Npgsql;
using NpgsqlTypes;

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

    /// <summary>A parameter of a statement that is prepared, which must know its type.</summary>
    public static NpgsqlParameter Of<T>(T value, NpgsqlDbType? type = null)
    {
        var parameter = new NpgsqlParameter { Value = (object?)value ?? DBNull.Value };
        if (type is { } known)
            parameter.NpgsqlDbType = known;
        return parameter;
    }

    /// <summary>A batch that runs the statement for each of them, in one round trip; prepared, once a session.</summary>
    public static async Task<NpgsqlBatch> PrepareEachAsync<TKey>(
        this NpgsqlConnection connection, NpgsqlTransaction? transaction, string sql, IEnumerable<TKey> keys,
        Func<TKey, NpgsqlParameter[]> parameters, CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(connection, transaction);
        foreach (var key in keys)
        {
            var command = new NpgsqlBatchCommand(sql);
            command.Parameters.AddRange(parameters(key));
            batch.BatchCommands.Add(command);
        }

        try
        {
            await batch.PrepareAsync(cancellationToken);
            return batch;
        }
        catch
        {
            await batch.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs the statement for each of them, by one transaction.</summary>
    public static async Task ExecuteEachAsync<TKey>(
        this NpgsqlConnection connection, string sql, IEnumerable<TKey> keys, Func<TKey, NpgsqlParameter[]> parameters, CancellationToken cancellationToken)
    {
        await using var batch = await connection.PrepareEachAsync(null, sql, keys, parameters, cancellationToken);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Runs the statement for each of them, by one transaction.</summary>
    /// <returns>In their order: what it returned for each, or null for no row.</returns>
    public static async Task<List<T?>> QueryEachAsync<T, TKey>(
        this NpgsqlConnection connection, string sql, IReadOnlyList<TKey> keys, Func<TKey, NpgsqlParameter[]> parameters,
        Func<TKey, NpgsqlDataReader, T> read, CancellationToken cancellationToken)
        where T : class
    {
        await using var batch = await connection.PrepareEachAsync(null, sql, keys, parameters, cancellationToken);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T?>(keys.Count);
        foreach (var key in keys)
        {
            rows.Add(await reader.ReadAsync(cancellationToken) ? read(key, reader) : null);
            await reader.NextResultAsync(cancellationToken);
        }

        return rows;
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
