using Migration.Benchmarks.Measuring;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Migration.Benchmarks.Scenarios;

/// <summary>A server that speaks MongoDB's protocol with products in a database of our own, which is dropped at the end.</summary>
internal sealed class SourceServer : IAsyncDisposable
{
    private readonly MongoClient _client;

    private SourceServer(MongoClient client, string uri, string database, long products, string version)
        => (_client, Uri, Database, Products, Version) = (client, uri, database, products, version);

    /// <summary>May hold a password.</summary>
    public string Uri { get; }

    public string Database { get; }

    /// <summary>The first so many of the dump's, the same to the byte.</summary>
    public long Products { get; }

    /// <summary>That it claims to speak.</summary>
    public string Version { get; }

    public static async Task<SourceServer> LoadAsync(string uri, long products, CancellationToken cancellation)
    {
        await Console.Error.WriteLineAsync($"Loading {products:N0} products into the server to read from.");
        var database = $"bench_{Guid.NewGuid():N}";
        var load = Programs.Dotnet(
            Repository.SampleShop, "--products", $"{products}", "--customers", "1", "--orders", "0", "--bad", "0",
            "--mongodb", "env:MIGRATION_SOURCE", "--database", database);
        load.Environment["MIGRATION_SOURCE"] = uri;
        await Programs.RunAsync([load], cancellation);
        var client = new MongoClient(uri);
        var build = await client.GetDatabase("admin").RunCommandAsync<BsonDocument>(new BsonDocument("buildInfo", 1), cancellationToken: cancellation);
        return new SourceServer(client, uri, database, products, build.GetValue("version", "unknown").ToString()!);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DropDatabaseAsync(Database);
        _client.Dispose();
    }
}
