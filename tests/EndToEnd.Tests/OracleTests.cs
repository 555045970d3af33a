using Migration.EndToEnd.Tests.Harness;
using Migration.EndToEnd.Tests.Oracles;

namespace Migration.EndToEnd.Tests;

/// <summary>An oracle that never says no proves nothing.</summary>
public sealed class OracleTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_oracle_sees_what_is_missing_too_much_or_wrong()
    {
        var shop = await ShopSource.DumpAsync(new(200), Cancellation);
        await using var bed = await TestBed.CreateAsync(shop, null, Cancellation);
        await bed.StartRun("--in-process").EndsWithAsync(0, Cancellation);
        var oracle = new Oracle(bed.Target, shop, bed.Run);
        await oracle.CheckAsync(Cancellation);

        foreach (var (damage, complaint) in Damages)
        {
            await using (var connection = await bed.Target.OpenConnectionAsync(Cancellation))
            {
                var before = await SnapshotAsync(connection, damage.Table);
                await ExecuteAsync(connection, damage.Sql);
                var failure = await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(() => oracle.CheckAsync(Cancellation));
                Assert.Contains(complaint, failure.Message, StringComparison.Ordinal);
                await RestoreAsync(connection, damage.Table, before);
            }
        }

        await oracle.CheckAsync(Cancellation);
    }

    private static readonly ((string Table, string Sql) Damage, string Complaint)[] Damages =
    [
        (("shop.products", "DELETE FROM shop.products WHERE sku = 'SKU-000000007'"), "is missing"),
        (("shop.products", "INSERT INTO shop.products SELECT (jsonb_populate_record(p, '{\"id\": \"zzz\"}')).* FROM shop.products p LIMIT 1"), "comes from nowhere"),
        (("shop.products", "UPDATE shop.products SET price = price + 0.01 WHERE sku = 'SKU-000000003'"), "price is"),
        (("shop.products", "UPDATE shop.products SET created_at = created_at + interval '1 ms' WHERE sku = 'SKU-000000003'"), "created_at is"),
        (("shop.products", "UPDATE shop.products SET extra = extra - 'attributes' WHERE sku = 'SKU-000000003'"), "extra is"),
        (("shop.orders", "UPDATE shop.orders SET lines = jsonb_set(lines, '{0,quantity}', '77')"), "lines is"),
        (("migration.quarantine", "DELETE FROM migration.quarantine WHERE id = (SELECT min(id) FROM migration.quarantine)"), "quarantine:"),
        (("migration.quarantine", "UPDATE migration.quarantine SET document = document || '\\x00'"), "not the document"),
        (("migration.slice", "UPDATE migration.slice SET read = read - 1, written = written - 1 WHERE collection = 'orders' AND number = 0"), "orders, slice 0"),
    ];

    private static async Task<string> SnapshotAsync(Npgsql.NpgsqlConnection connection, string table)
    {
        var copy = "saved_" + Guid.NewGuid().ToString("N");
        await ExecuteAsync(connection, $"CREATE TEMP TABLE {copy} AS TABLE {table}");
        return copy;
    }

    private static Task RestoreAsync(Npgsql.NpgsqlConnection connection, string table, string copy) => ExecuteAsync(
        connection,
        table == "migration.slice"
            ? $"UPDATE migration.slice s SET read = c.read, written = c.written FROM {copy} c WHERE s.run_id = c.run_id AND s.collection = c.collection AND s.number = c.number"
            : $"DELETE FROM {table}; INSERT INTO {table} {(table == "migration.quarantine" ? "OVERRIDING SYSTEM VALUE" : "")} SELECT * FROM {copy}");

    private static async Task ExecuteAsync(Npgsql.NpgsqlConnection connection, string sql)
    {
        await using var command = new Npgsql.NpgsqlCommand(sql, connection);
        Assert.True(await command.ExecuteNonQueryAsync(Cancellation) != 0, $"Nothing was changed by: {sql}");
    }
}
