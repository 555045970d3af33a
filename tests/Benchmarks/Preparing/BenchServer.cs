using Migration.Benchmarks.Measuring;
using Migration.TestServers;
using Npgsql;

namespace Migration.Benchmarks.Preparing;

/// <summary>The PostgreSQL server that everything is measured on, in databases of our own; its user may create them.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    private readonly Uri _uri;

    private BenchServer(Uri uri, NpgsqlDataSource admin, PostgresCpu cpu) => (_uri, Admin, Cpu) = (uri, admin, cpu);

    public NpgsqlDataSource Admin { get; }

    public PostgresCpu Cpu { get; }

    public static async Task<BenchServer> OpenAsync(Uri uri, CancellationToken cancellation)
    {
        var admin = NpgsqlDataSource.Create(PostgresUri.ToConnectionString(uri));
        return new BenchServer(uri, admin, await PostgresCpu.OfAsync(admin, cancellation));
    }

    public async Task<string> VersionAsync(CancellationToken cancellation)
        => (string)(await Sql.ScalarAsync(Admin, "SHOW server_version", cancellation))!;

    /// <summary>A new database with an empty table of products.</summary>
    public async Task<BenchDatabase> CreateAsync(CancellationToken cancellation)
    {
        var name = $"bench_{Guid.NewGuid():N}";
        await Sql.ExecuteAsync(Admin, $"CREATE DATABASE {name}", cancellation);
        var database = new BenchDatabase(this, name, new UriBuilder(_uri) { Path = name }.Uri);
        await database.ExecuteAsync(ProductsFile.Table, cancellation);
        return database;
    }

    /// <summary>So that nobody pays for what was written before.</summary>
    public Task CheckpointAsync(CancellationToken cancellation) => Sql.ExecuteAsync(Admin, "CHECKPOINT", cancellation);

    public Task DropAsync(string database, CancellationToken cancellation)
        => Sql.ExecuteAsync(Admin, $"DROP DATABASE IF EXISTS {database} WITH (FORCE)", cancellation);

    public ValueTask DisposeAsync() => Admin.DisposeAsync();
}
