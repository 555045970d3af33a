using Migration.TestServers;
using MongoDB.Driver;

namespace Migration.EndToEnd.Tests.Harness;

internal static class MongoUri
{
    /// <summary>The test server's connection string with the database in it.</summary>
    public static string Of(MongoTestDatabase database)
        => new MongoUrlBuilder(MongoDb.ConnectionString) { DatabaseName = database.Name }.ToString();
}
