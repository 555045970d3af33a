using Migration.EndToEnd.Tests.Harness;
using Migration.Worker;
using MongoDB.Bson;

namespace Migration.EndToEnd.Tests;

/// <summary>What is made of the tables once their rows are in: by a run, by a replay, and by whoever comes after one that was killed.</summary>
public sealed class AfterLoadTests
{
    private const int Vendors = 40;
    private const int Products = 600;

    private const string MigrationFile =
        """
        source: { database: shop }
        target: { parallelBuilds: 3 }
        slices: { minRecords: 100, maxRecords: 100 }
        collections:
          - name: vendors
            table: shop.vendors
            primaryKey: id
            columns: { id: { path: _id, type: text }, name: varchar(12), number: { type: bigint, required: true } }
          - name: products
            table: shop.products
            primaryKey: id
            columns: { id: { path: _id, type: int }, sku: text, vendor: { type: text, references: vendors } }
            children:
              - path: makers
                table: shop.makers
                columns: { maker: { path: ".", type: text, references: vendors } }
                afterLoad: { parent: cascade, indexes: [maker] }
            afterLoad: { indexes: [vendor], unique: [sku] }
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_foreign_key_waits_for_records_in_quarantine_and_all_else_is_built()
    {
        await using var bed = await ShopAsync();
        await IsForeseenAsync(bed);

        var run = bed.StartRun("--in-process");
        await run.EndsWithAsync(ExitCode.Incomplete, Cancellation);

        Assert.Contains("foreign key products_vendor_fkey of shop.products was not built: 15 rows refer to what is not in shop.vendors, for example ", run.Output.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.Contains("Index products_vendor_idx of shop.products: built in ", run.Output, StringComparison.Ordinal);
        Assert.Equal(["makers_products_id_fkey", "products_sku_key"], await ConstraintsAsync(bed));
        Assert.Equal("incomplete", await bed.Ledger.StateAsync(Cancellation));

        await bed.EditAsync("varchar(12)", "text", Cancellation);
        await ExecuteAsync(bed, "ALTER TABLE shop.vendors ALTER name TYPE text");
        var replay = bed.StartCoordinator("replay", bed.Run, "--quarantine", "--file", bed.MigrationFile);
        await replay.EndsWithAsync(ExitCode.Done, Cancellation);

        Assert.Equal(["makers_maker_fkey", "makers_products_id_fkey", "products_sku_key", "products_vendor_fkey"], await ConstraintsAsync(bed));
        Assert.Equal("completed", await bed.Ledger.StateAsync(Cancellation));
        Assert.Equal([$"{Vendors + 1}"], await TextsAsync(bed, "SELECT nextval(pg_get_serial_sequence('shop.vendors', 'number'))::text"));
    }

    [Fact]
    public async Task What_a_file_asks_for_afterwards_is_built_by_running_it_again()
    {
        await using var bed = await ShopAsync(longest: 12);
        await bed.StartRun("--in-process").EndsWithAsync(ExitCode.Done, Cancellation);
        await bed.EditAsync("indexes: [vendor]", "indexes: [vendor, [sku, vendor]]", Cancellation);

        var again = bed.StartRun("--in-process");
        await again.EndsWithAsync(ExitCode.Done, Cancellation);

        Assert.Contains("what is to be built after the load has changed", again.Output, StringComparison.Ordinal);
        Assert.Equal(["products_sku_vendor_idx built 1", "products_vendor_idx built 1"], await BuiltAsync(bed, "products%idx"));
        var third = bed.StartRun("--in-process");
        await third.EndsWithAsync(ExitCode.Done, Cancellation);
        Assert.Contains("nothing is left to do", third.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_killed_coordinator_had_begun_to_build_is_built_once()
    {
        await using var bed = await ShopAsync(longest: 12);
        await ExecuteAsync(
            bed, "CREATE TABLE shop.products (id int PRIMARY KEY, sku text, vendor text)");
        await using var writer = await bed.Target.OpenConnectionAsync(Cancellation);
        await using (var hold = writer.CreateCommand())
        {
            // Rows may come in, and an index has to wait.
            hold.CommandText = "BEGIN; LOCK TABLE shop.products IN ROW EXCLUSIVE MODE";
            await hold.ExecuteNonQueryAsync(Cancellation);
        }

        var killed = bed.StartRun("--in-process");
        await Until.TrueAsync("the index waits for the table", async () => await WaitingAsync(bed) is ["1"], Cancellation);
        await killed.KillAsync();
        var next = bed.StartRun("--in-process");
        await Until.TrueAsync(
            "the next coordinator waits for the session", () => Task.FromResult(next.Output.Contains("Waiting for an earlier attempt at index products_vendor_idx of shop.products", StringComparison.Ordinal)), Cancellation);
        await writer.DisposeAsync();
        await next.EndsWithAsync(ExitCode.Done, Cancellation);

        Assert.Equal(["products_vendor_idx built 1"], await BuiltAsync(bed, "products%idx"));
        Assert.Equal(["products_pkey", "products_sku_key", "products_vendor_idx"], await TextsAsync(bed, "SELECT indexname::text FROM pg_indexes WHERE tablename = 'products' ORDER BY 1"));
    }

    private static async Task IsForeseenAsync(TestBed bed)
    {
        var check = bed.StartCoordinator("check", bed.MigrationFile, "--full");
        await check.EndsWithAsync(ExitCode.Done, Cancellation);
        Assert.Contains("After the load, 3 at a time:", check.Output, StringComparison.Ordinal);
        Assert.Contains("  foreign key makers_products_id_fkey on shop.makers (products_id) to shop.products (id) on delete cascade", check.Output, StringComparison.Ordinal);
    }

    /// <param name="longest">Of the vendors' names; the column takes 12 characters.</param>
    private static async Task<TestBed> ShopAsync(int longest = 13)
    {
        var bed = await TestBed.CreateAsync(null, null, Cancellation);
        var dump = Path.Combine(bed.Folder, "dump");
        Directory.CreateDirectory(Path.Combine(dump, "shop"));
        var vendors = Enumerable.Range(1, Vendors).Select(n => new BsonDocument
        {
            { "_id", ObjectId.GenerateNewId() }, { "name", n == 7 ? new string('x', longest) : $"Vendor {n}" }, { "number", (long)n },
        }).ToList();
        await WriteAsync(dump, "vendors", vendors);
        await WriteAsync(dump, "products", Enumerable.Range(1, Products).Select(n => Product(n, vendors)));
        bed.Environment["MIGRATION_SOURCE"] = dump;
        bed.Environment["MIGRATION_BROKER"] = null;
        await File.WriteAllTextAsync(bed.MigrationFile, MigrationFile, Cancellation);
        await ExecuteAsync(bed, "CREATE SCHEMA shop; CREATE TABLE shop.vendors (id text PRIMARY KEY, name varchar(12), number bigint GENERATED BY DEFAULT AS IDENTITY)");
        return bed;
    }

    /// <summary>Half of them name their vendor by a DBRef; the makers are two vendors each.</summary>
    private static BsonDocument Product(int n, List<BsonDocument> vendors)
    {
        var vendor = vendors[n % Vendors]["_id"];
        return new BsonDocument
        {
            { "_id", n },
            { "sku", $"sku {n}" },
            { "vendor", n / Vendors % 2 == 0 ? vendor : new BsonDocument { { "$ref", "vendors" }, { "$id", vendor } } },
            { "makers", new BsonArray { vendor, vendors[(n + 1) % Vendors]["_id"] } },
        };
    }

    private static async Task WriteAsync(string dump, string collection, IEnumerable<BsonDocument> documents)
    {
        await using var file = File.Create(Path.Combine(dump, "shop", $"{collection}.bson"));
        foreach (var document in documents)
            await file.WriteAsync(document.ToBson(), Cancellation);
    }

    private static Task<List<string>> ConstraintsAsync(TestBed bed) => TextsAsync(
        bed, "SELECT conname::text FROM pg_constraint WHERE connamespace = 'shop'::regnamespace AND contype IN ('u', 'f') AND convalidated ORDER BY 1");

    private static Task<List<string>> BuiltAsync(TestBed bed, string name) => TextsAsync(
        bed, $"SELECT concat_ws(' ', name, state, attempts) FROM migration.build WHERE name LIKE '{name}' ORDER BY 1");

    private static Task<List<string>> WaitingAsync(TestBed bed) => TextsAsync(
        bed, "SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'migration build %' AND wait_event_type = 'Lock' AND query LIKE 'CREATE INDEX%'");

    private static async Task<List<string>> TextsAsync(TestBed bed, string sql)
    {
        var texts = new List<string>();
        await using var command = bed.Target.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        while (await reader.ReadAsync(Cancellation))
            texts.Add(reader.GetString(0));
        return texts;
    }

    private static async Task ExecuteAsync(TestBed bed, string sql)
    {
        await using var command = bed.Target.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
