using System.Globalization;
using Migration.EndToEnd.Tests.Harness;
using Npgsql;

namespace Migration.EndToEnd.Tests.BadRows;

/// <summary>
/// One row in a hundred violates a constraint: all the others arrive, only these are quarantined, each with its cause.
/// MIGRATION_E2E_BAD_ROWS asks for another size than 20,000 products and then also for the speed, held against that of the
/// same rows under a constraint that lets them pass: the medians of three runs each.
/// </summary>
public sealed class BadRowsTests
{
    private const long Default = 20_000;

    private static readonly long Products =
        Environment.GetEnvironmentVariable("MIGRATION_E2E_BAD_ROWS") is { Length: > 0 } text ? long.Parse(text, CultureInfo.InvariantCulture) : Default;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Kinds
        => [.. Constraint.All.Keys.SelectMany(kind => Spreads.Select(spread => (kind, spread)))];

    private static string[] Spreads => Products == Default ? ["random"] : ["even", "random"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task One_row_in_a_hundred_is_refused_and_all_others_arrive(string kind, string spread)
    {
        var constraint = Constraint.All[kind];
        var (strict, lenient) = (new List<double>(), new List<double>());
        for (var round = 0; round < (Products == Default ? 1 : 3); round++)
        {
            if (Products != Default)
                lenient.Add(await MigrateAsync(constraint.Lenient, spread, null));
            strict.Add(await MigrateAsync(constraint.Strict, spread, constraint));
        }

        if (Products == Default)
            return;
        strict.Sort();
        lenient.Sort();
        var ratio = lenient[1] / strict[1];
        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant(
            $"{kind}, {spread}: {Products / strict[1]:N0} rows/s with 1% refused, {Products / lenient[1]:N0} without: {ratio:0.00} of it"));
        Assert.True(ratio >= 0.5, $"{ratio:0.00}");
    }

    /// <returns>Seconds from the first claim to the last commit.</returns>
    private static async Task<double> MigrateAsync(string constraint, string spread, Constraint? expected)
    {
        var folder = await FlawedProducts.DumpAsync(Products, Cancellation);
        await using var bed = await TestBed.CreateAsync(null, null, Cancellation);
        bed.Environment["MIGRATION_SOURCE"] = folder;
        bed.Environment["MIGRATION_BROKER"] = null;
        await File.WriteAllTextAsync(bed.MigrationFile, File_(spread), Cancellation);
        await ExecuteAsync(bed.Target, Table + constraint);

        await bed.StartRun("--in-process").EndsWithAsync(0, Cancellation, TimeSpan.FromMinutes(30));

        if (expected is not null)
            await CheckAsync(bed, spread, expected);
        return await ScalarAsync<double>(
            bed.Target, "SELECT extract(epoch FROM max(progressed_at) - min(claimed_at))::float8 FROM migration.slice");
    }

    private static async Task CheckAsync(TestBed bed, string spread, Constraint constraint)
    {
        var flawed = FlawedProducts.Places(spread, Products).ToList();
        Assert.Equal(Products - flawed.Count, await ScalarAsync<long>(bed.Target, "SELECT count(*) FROM products"));
        Assert.Equal(
            flawed, await ScalarAsync<long[]>(
                bed.Target,
                $"""
                SELECT array_agg((document_json->'number'->>'$numberLong')::bigint ORDER BY (document_json->'number'->>'$numberLong')::bigint)
                FROM migration.quarantine
                WHERE stage = 'write' AND sqlstate = '{constraint.SqlState}' AND position('{constraint.Cause.Replace("'", "''", StringComparison.Ordinal)}' IN message) > 0
                """));
        Assert.Equal(flawed.Count, await ScalarAsync<long>(bed.Target, "SELECT count(*) FROM migration.quarantine"));
    }

    private const string Table =
        """
        CREATE TABLE products (id text PRIMARY KEY, sku text NOT NULL, name text, description text, vendor text, price numeric(18,2),
            stock int, tags text[], variants jsonb, images jsonb, created_at timestamptz, rating float8, number bigint NOT NULL,
            flaw int, whole int, serial bigint, extra jsonb);
        """;

    private static string File_(string spread) => $$"""
        name: bad-rows
        source: { database: shop }
        slices: { minRecords: {{FlawedProducts.SliceRecords}}, maxRecords: {{FlawedProducts.SliceRecords}} }
        collections:
          - name: products
            primaryKey: id
            columns:
              id: { path: _id, type: text }
              sku: { type: text, required: true }
              name: text
              description: text
              vendor: { path: vendor.name, type: text }
              price: "numeric(18,2)"
              stock: int4
              tags: "text[]"
              variants: jsonb
              images: jsonb
              created_at: { path: createdAt, type: timestamptz }
              rating: float8
              number: { type: int8, required: true }
              flaw: { path: {{spread}}.flaw, type: int4 }
              whole: { path: {{spread}}.whole, type: int4 }
              serial: { path: {{spread}}.serial, type: int8 }
            unmapped: { column: extra }
        """;

    private static async Task ExecuteAsync(NpgsqlDataSource target, string sql)
    {
        await using var command = target.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private static async Task<T> ScalarAsync<T>(NpgsqlDataSource target, string sql)
    {
        await using var command = target.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(Cancellation))!;
    }
}
