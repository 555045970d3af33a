using Migration.TestServers;
using Npgsql;

namespace Migration.Chaos.Tests.Arenas;

/// <summary>
/// Servers that one test at a time has for itself: a target, a broker and a source that may be stopped and killed at will,
/// and are up whenever a test begins.
/// </summary>
internal sealed class Arena : IAsyncDisposable
{
    private SmallDisk? _disk;
    private int _givenUp;

    private Arena(PrivateServer target, PrivateServer broker, PrivateServer source)
        => (Target, Broker, Source, Shops) = (target, broker, source, new ChaosShops(source.Uri));

    public PrivateServer Target { get; }

    public PrivateServer Broker { get; }

    public PrivateServer Source { get; }

    public ChaosShops Shops { get; }

    public static async Task<Arena> StartAsync(CancellationToken cancellation)
    {
        var target = PrivateServer.StartPostgresAsync(cancellation, ownClock: true, forgetful: true);
        var broker = PrivateServer.StartRabbitMqAsync(cancellation);
        var source = PrivateServer.StartDocumentDbAsync(cancellation);
        return new Arena(await target, await broker, await source);
    }

    /// <summary>After a test, whatever became of it: servers that it left stopped are started again, and the clock is right.</summary>
    public async Task MakeReadyAsync(CancellationToken cancellation)
    {
        await Target.SetClockAsync(TimeSpan.Zero, cancellation);
        foreach (var server in new[] { Target, Broker, Source })
            await server.StartAgainAsync(cancellation);
        await MendBrokerAsync(cancellation);
        _disk?.MakeRoom();
    }

    /// <summary>Held by whoever stops or starts a server, so that no two do at a time.</summary>
    public SemaphoreSlim Switch { get; } = new(1, 1);

    /// <summary>As an operator would: a broker that has given up on its quorum queues is started again. False where there is no need.</summary>
    public async Task<bool> MendBrokerAsync(CancellationToken cancellation)
    {
        var givenUp = Broker.CountDeadLetteringGivenUp();
        if (givenUp == _givenUp)
            return false;
        await Switch.WaitAsync(cancellation);
        try
        {
            _givenUp = givenUp;
            await Broker.KillAsync(cancellation);
            await Broker.StartAgainAsync(cancellation);
            return true;
        }
        finally
        {
            Switch.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in new[] { Target, Broker, Source })
            await server.DisposeAsync();
        if (_disk is not null)
            await _disk.DisposeAsync();
        Switch.Dispose();
    }

    /// <summary>Made when it is first asked for.</summary>
    public async Task<SmallDisk> SmallDiskAsync(CancellationToken cancellation)
    {
        if (_disk is null)
        {
            _disk = await SmallDisk.MountAsync(Target.DataFolder, cancellation);
            await ExecuteAsync($"CREATE TABLESPACE {SmallDisk.Tablespace} LOCATION '{_disk.Folder}'", cancellation);
        }

        return _disk;
    }

    /// <summary>An empty database on the target; a former one of the name is replaced.</summary>
    public async Task<Uri> CreateDatabaseAsync(string name, CancellationToken cancellation)
    {
        await DropDatabaseAsync(name, cancellation);
        await ExecuteAsync($"CREATE DATABASE {name}", cancellation);
        return new UriBuilder(Target.Uri) { Path = name }.Uri;
    }

    public Task DropDatabaseAsync(string name, CancellationToken cancellation)
        => ExecuteAsync($"DROP DATABASE IF EXISTS {name} WITH (FORCE)", cancellation);

    public async Task ExecuteAsync(string sql, CancellationToken cancellation)
    {
        var builder = new NpgsqlConnectionStringBuilder(PostgresUri.ToConnectionString(Target.Uri)) { Pooling = false };
        await using var connection = new NpgsqlConnection(builder.ConnectionString);
        await connection.OpenAsync(cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
