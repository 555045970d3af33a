using MongoDB.Driver;

namespace Migration.TestServers;

/// <summary>The server speaking MongoDB's protocol that MIGRATION_TEST_MONGODB names.</summary>
public static class MongoDb
{
    private static readonly Lazy<MongoClient> SharedClient = new(() => new MongoClient(ConnectionString));

    public static string ConnectionString =>
        ServerAddress.Required("MIGRATION_TEST_MONGODB", "mongodb://user:password@localhost:27017/");

    public static IMongoClient Client => SharedClient.Value;

    /// <summary>
    /// A database for one test under a name not used before; the server creates it with the first insert. Dropped
    /// when disposed of.
    /// </summary>
    public static MongoTestDatabase CreateDatabase() =>
        new(Client.GetDatabase("test_" + Guid.NewGuid().ToString("N")));
}
