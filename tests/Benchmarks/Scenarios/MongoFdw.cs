using Migration.Benchmarks.Preparing;
using Migration.Benchmarks.Results;

namespace Migration.Benchmarks.Scenarios;

/// <summary>INSERT ... SELECT from a foreign table of the extension mongo_fdw: another way that people go.</summary>
internal static class MongoFdw
{
    public static async Task<LeftOut> WhyNotAsync(BenchServer server, CancellationToken cancellation)
    {
        var isThere = await Sql.ScalarAsync(server.Admin, "SELECT 1 FROM pg_available_extensions WHERE name = 'mongo_fdw'", cancellation) is not null;
        return new LeftOut("mongo_fdw", isThere
            ? "This PostgreSQL has the extension, but it is not measured yet."
            : $"PostgreSQL {await server.VersionAsync(cancellation)} here has no such extension. Debian 12 has no package of it; newer ones call it postgresql-N-mongo-fdw.");
    }
}
