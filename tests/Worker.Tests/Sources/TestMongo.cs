using Migration.Contracts.Migrations;
using Migration.Worker.Sources;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Migration.Worker.Tests.Sources;

/// <summary>A database of its own for a test class on the server that <c>MIGRATION_TEST_MONGODB</c> names.</summary>
public sealed class TestMongo : IAsyncDisposable
{
    private const string Variable = "MIGRATION_TEST_MONGODB";

    private readonly string? _uri = Environment.GetEnvironmentVariable(Variable);
    private readonly string _name = "sources_" + Guid.NewGuid().ToString("N")[..12];

    /// <summary>Skips the test where there is no server; under CI that is a failure.</summary>
    public string Uri
    {
        get
        {
            if (string.IsNullOrEmpty(_uri) && Environment.GetEnvironmentVariable("CI") == "true")
                Assert.Fail($"{Variable} names no server");
            Assert.SkipWhen(string.IsNullOrEmpty(_uri), $"{Variable} names no server");
            return _uri!;
        }
    }

    public string Name => _name;

    public IMongoDatabase Database => new MongoClient(Uri).GetDatabase(_name);

    public async Task<IMongoCollection<BsonDocument>> FillAsync(string collection, IReadOnlyCollection<BsonDocument> documents)
    {
        await Database.DropCollectionAsync(collection, TestContext.Current.CancellationToken);
        await Database.CreateCollectionAsync(collection, cancellationToken: TestContext.Current.CancellationToken);
        if (documents.Count > 0)
            await Database.GetCollection<BsonDocument>(collection).InsertManyAsync(documents, cancellationToken: TestContext.Current.CancellationToken);
        return Database.GetCollection<BsonDocument>(collection);
    }

    internal Task<ICollectionSource> OpenAsync(string collection, string? filter = null, string? uri = null) => SourceOpener.OpenAsync(
        new SourceSettings { Uri = uri ?? Uri, Database = _name }, DumpFolder.Mapping(collection, filter), TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (!string.IsNullOrEmpty(_uri))
            await Database.Client.DropDatabaseAsync(_name);
    }
}
