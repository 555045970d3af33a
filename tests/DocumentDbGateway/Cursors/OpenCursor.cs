using Npgsql;

namespace Migration.DocumentDbGateway.Cursors;

/// <summary>
/// A cursor between two pages. With a connection it is a portal in that connection's open transaction; without one
/// the continuation says all, and any connection can go on.
/// </summary>
internal sealed class OpenCursor(long id, string database, NpgsqlConnection? connection) : IAsyncDisposable
{
    public long Id { get; } = id;

    public string Database { get; } = database;

    public NpgsqlConnection? Connection { get; } = connection;

    /// <summary>The document that the engine returned with the last page.</summary>
    public required byte[] Continuation { get; set; }

    /// <summary>The client that asked last; when it hangs up, the cursor goes with it.</summary>
    public required int Client { get; set; }

    /// <summary>A timestamp of the store's clock.</summary>
    public long LastUsed { get; set; }

    public async ValueTask DisposeAsync()
    {
        if (Connection is not null)
            await Connection.DisposeAsync();
    }
}
