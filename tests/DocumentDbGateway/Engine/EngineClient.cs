using System.Data;
using Migration.DocumentDbGateway.Wire;
using Npgsql;

namespace Migration.DocumentDbGateway.Engine;

/// <summary>
/// Calls the engine's functions. BSON crosses as <c>bytea</c>, which the engine casts without looking into it, and
/// every statement is prepared after its second use.
/// </summary>
internal sealed class EngineClient(GatewayOptions options) : IAsyncDisposable
{
    /// <summary>Connections for commands at work, on top of one for each cursor.</summary>
    private const int WorkingConnections = 90;

    private readonly NpgsqlDataSource source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(options.Postgres)
    {
        MaxPoolSize = options.MaxCursors + WorkingConnections,
        MaxAutoPrepare = 40,
        AutoPrepareMinUsages = 2,
        // Nothing sets session state, and a cursor's portal ends with its transaction.
        NoResetOnClose = true,
        CommandTimeout = 0,
        Enlist = false,
    });

    /// <exception cref="EngineUnavailableException">There is no such engine.</exception>
    public async Task RequireAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var command = source.CreateCommand("SELECT documentdb_api.binary_version()");
            await command.ExecuteScalarAsync(cancellationToken);
        }
        catch (NpgsqlException e)
        {
            throw new EngineUnavailableException($"The engine does not answer: {e.Message}", e);
        }
    }

    public async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellationToken) =>
        await source.OpenConnectionAsync(cancellationToken);

    /// <summary>A function that returns one value.</summary>
    public async Task<object?> ScalarAsync(string sql, object[] values, CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(cancellationToken);
        await using var command = Prepare(connection, sql, values);
        return await command.ExecuteScalarAsync(cancellationToken);
    }

    /// <summary>A function that returns the reply document.</summary>
    public async Task<Reply> DocumentAsync(string sql, object[] values, CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(cancellationToken);
        await using var command = Prepare(connection, sql, values);
        await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SequentialAccess, cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return await ReadReplyAsync(reader, cancellationToken);
    }

    /// <summary>A write: the reply document, and whether every part of it succeeded.</summary>
    public async Task<(Reply Reply, bool Success)> WriteAsync(
        string sql, object[] values, CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(cancellationToken);
        await using var command = Prepare(connection, sql, values);
        await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SequentialAccess, cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var reply = await ReadReplyAsync(reader, cancellationToken);
        return (reply, reader.GetBoolean(1));
    }

    /// <summary>A page, on the connection that its cursor lives on: columns page, continuation and cursor.</summary>
    public static async Task<EnginePage> PageAsync(
        NpgsqlConnection connection, string sql, object[] values, CancellationToken cancellationToken)
    {
        await using var command = Prepare(connection, sql, values);
        await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SequentialAccess, cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var reply = await ReadReplyAsync(reader, cancellationToken);
        var continuation = await reader.IsDBNullAsync(1, cancellationToken) ? null : reader.GetFieldValue<byte[]>(1);
        return new EnginePage(reply, continuation, reader.GetInt64(2));
    }

    private static NpgsqlCommand Prepare(NpgsqlConnection connection, string sql, object[] values)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }

    private static async Task<Reply> ReadReplyAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        await using var column = await reader.GetStreamAsync(0, cancellationToken);
        var reply = new Reply((int)column.Length);
        try
        {
            await column.ReadExactlyAsync(reply.Document, cancellationToken);
            return reply;
        }
        catch
        {
            reply.Dispose();
            throw;
        }
    }

    public ValueTask DisposeAsync() => source.DisposeAsync();
}
