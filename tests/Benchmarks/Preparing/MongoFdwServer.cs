using Migration.Benchmarks.Results;
using Npgsql;

namespace Migration.Benchmarks.Preparing;

/// <summary>A second PostgreSQL server, with the extension mongo_fdw, which the first one's Debian has no package of.</summary>
internal static class MongoFdwServer
{
    /// <summary>Its address, as that of the first one.</summary>
    public const string Variable = "MIGRATION_BENCH_MONGO_FDW";

    /// <returns>Null, with the reason in <paramref name="leftOut"/>, where there is none or it cannot load the extension.</returns>
    public static async Task<BenchServer?> FindAsync(List<LeftOut> leftOut, CancellationToken cancellation)
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } address)
        {
            leftOut.Add(new LeftOut("mongo_fdw",
                $"No PostgreSQL with this extension is at hand ({Variable} is not set). ./bench.sh starts one with Debian's package " +
                "postgresql-18-mongo-fdw; where it could not, it has said why, and .local/mongo-fdw.log holds what apt said."));
            return null;
        }

        var server = await BenchServer.OpenAsync(new Uri(address), cancellation);
        try
        {
            await Sql.ExecuteAsync(server.Admin, "CREATE EXTENSION IF NOT EXISTS mongo_fdw", cancellation);
            return server;
        }
        catch (PostgresException e)
        {
            leftOut.Add(new LeftOut("mongo_fdw", $"PostgreSQL {await server.VersionAsync(cancellation)} cannot load it: {e.MessageText}"));
            await server.DisposeAsync();
            return null;
        }
    }

    /// <summary>5.5.3 with PostgreSQL 18.6.</summary>
    public static async Task<string> VersionsAsync(BenchServer server, CancellationToken cancellation)
    {
        var number = (int)(await Sql.ScalarAsync(server.Admin, "SELECT mongo_fdw_version()", cancellation))!;
        return $"{number / 10_000}.{number / 100 % 100}.{number % 100} with PostgreSQL {await server.VersionAsync(cancellation)}";
    }
}
