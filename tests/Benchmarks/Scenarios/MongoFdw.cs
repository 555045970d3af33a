using System.Diagnostics;
using Migration.Benchmarks.Measuring;
using Migration.Benchmarks.Preparing;
using Migration.Benchmarks.Results;
using MongoDB.Driver;

namespace Migration.Benchmarks.Scenarios;

/// <summary>
/// INSERT ... SELECT from a foreign table of the extension mongo_fdw: one statement in one connection, in a PostgreSQL that
/// reads the source itself.
/// </summary>
/// <remarks>
/// mongo_fdw 5.5 leaves a column null where it has no conversion for what the document holds, and it has none for a
/// Decimal128. What it can do is to hand out the whole document as JSON, in a column that must be called __doc; others
/// beside it stay null then. So there are two ways: its columns, without the price, and everything out of JSON.
/// </remarks>
/// <param name="asDocuments">Out of JSON.</param>
internal sealed class MongoFdw(bool asDocuments) : LoadScenario
{
    private const string Documents = "source_documents";

    private const string PriceInJson = "(__doc->'price'->>'$numberDecimal')::numeric";

    private const string FromColumns =
        """
        INSERT INTO products
        SELECT _id, sku, name, description, "vendor.name", "vendor.address.country", price, stock, active, tags, images::jsonb, "createdAt", rating
        FROM source_columns
        """;

    private const string FromDocuments =
        $"""
        INSERT INTO products
        SELECT __doc->'_id'->>'$oid', __doc->>'sku', __doc->>'name', __doc->>'description', __doc->'vendor'->>'name',
            __doc->'vendor'->'address'->>'country', {PriceInJson}, (__doc->>'stock')::int4, (__doc->>'active')::bool,
            ARRAY(SELECT jsonb_array_elements_text(__doc->'tags')), __doc->'images',
            timestamptz 'epoch' + (__doc->'createdAt'->>'$date')::int8 * interval '1 millisecond', (__doc->>'rating')::float8
        FROM {Documents}
        """;

    public override ScenarioNeeds Needs => ScenarioNeeds.Source | ScenarioNeeds.MongoFdw;

    protected override long RowsOf(Bench bench) => bench.RequiredSource.Products;

    protected override BenchServer ServerOf(Bench bench) => bench.RequiredMongoFdw;

    protected override Task PrepareAsync(Bench bench, BenchDatabase database, CancellationToken cancellation)
        => database.ExecuteAsync(ForeignTables(new MongoUrl(bench.RequiredSource.Uri), bench.RequiredSource.Database), cancellation);

    protected override IReadOnlyList<ProcessStartInfo> Programs(Bench bench, BenchDatabase database)
        => [Psql.Program(database, bench.Folder, asDocuments ? FromDocuments : FromColumns)];

    protected override Task<Attempt> ReadAsync(Bench bench, BenchDatabase database, ProgramsCost cost, CancellationToken cancellation)
        => Task.FromResult(cost.WholeAttempt(RowsOf(bench)));

    /// <summary>The price, and nothing else: so what the comparison of rows finds right is all that was measured.</summary>
    protected override Task CompleteAsync(Bench bench, BenchDatabase database, CancellationToken cancellation) => asDocuments
        ? Task.CompletedTask
        : database.ExecuteAsync(
            $"UPDATE products SET price = {PriceInJson} FROM {Documents} WHERE id = __doc->'_id'->>'$oid' AND price IS NULL", cancellation);

    /// <summary>The first column must be _id of type name.</summary>
    private static string ForeignTables(MongoUrl source, string database) =>
        $"""
        CREATE EXTENSION mongo_fdw;
        CREATE SERVER source FOREIGN DATA WRAPPER mongo_fdw OPTIONS (address {Literal(source.Server.Host)}, port '{source.Server.Port}');
        CREATE USER MAPPING FOR CURRENT_USER SERVER source{Account(source)};
        CREATE FOREIGN TABLE source_columns (
            _id name, sku text, name text, description text, "vendor.name" text, "vendor.address.country" text, price numeric(18,2),
            stock int4, active bool, tags text[], images json, "createdAt" timestamptz, rating float8
        ) SERVER source OPTIONS (database {Literal(database)}, collection '{ProductsFile.Name}');
        CREATE FOREIGN TABLE {Documents} (_id name, __doc jsonb) SERVER source OPTIONS (database {Literal(database)}, collection '{ProductsFile.Name}');
        """;

    private static string Account(MongoUrl source) => source.Username is { } name
        ? $" OPTIONS (username {Literal(name)}, password {Literal(source.Password)})"
        : "";

    private static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
