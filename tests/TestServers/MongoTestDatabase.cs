using MongoDB.Driver;

namespace Migration.TestServers;

public sealed class MongoTestDatabase : IAsyncDisposable
{
    internal MongoTestDatabase(IMongoDatabase database) => Database = database;

    public string Name => Database.DatabaseNamespace.DatabaseName;

    public IMongoDatabase Database { get; }

    public async ValueTask DisposeAsync() =>
        await Database.Client.DropDatabaseAsync(Name, CancellationToken.None);
}
