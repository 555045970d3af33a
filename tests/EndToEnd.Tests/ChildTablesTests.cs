using System.Text.Json;
using Migration.EndToEnd.Tests.Harness;
using Migration.EndToEnd.Tests.Oracles;
using Migration.Worker;
using MongoDB.Bson;

namespace Migration.EndToEnd.Tests;

/// <summary>Arrays as tables of their own, two levels deep: a record is in all of them, or in none and in quarantine.</summary>
public sealed class ChildTablesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_run_brings_records_whole_into_all_tables_and_a_replay_those_that_were_mended()
    {
        await using var bed = await TestBed.CreateAsync(null, null, Cancellation);
        var shop = await NestedShop.WriteAsync(Path.Combine(bed.Folder, "dump"), Cancellation);
        bed.Environment["MIGRATION_SOURCE"] = Path.Combine(bed.Folder, "dump");
        await File.WriteAllTextAsync(bed.MigrationFile, NestedShop.MigrationFile(sliceRecords: 300), Cancellation);
        await ExecuteAsync(
            bed,
            $"""
            CREATE SCHEMA shop;
            CREATE TABLE shop.images (variants_product_id text, variants_position int, ordinal int, url text NOT NULL, alt text,
                PRIMARY KEY (variants_product_id, variants_position, ordinal), CONSTRAINT allowed CHECK (url <> '{NestedShop.Forbidden}'))
            """);
        var predicted = await PredictedAsync(bed);

        await bed.StartRun("--local", "--workers", "2", "--log-folder", bed.Folder).EndsWithAsync(ExitCode.Done, Cancellation);

        await HoldsAsync(bed, shop, shop.Refused);
        Assert.Equal(shop.Refused.Values.OfType<string>().CountBy(column => column).OrderBy(c => c.Key), predicted.OrderBy(c => c.Key));

        await ExecuteAsync(bed, "ALTER TABLE shop.images DROP CONSTRAINT allowed");
        await bed.StartCoordinator("replay", bed.Run, "--quarantine").EndsWithAsync(ExitCode.Done, Cancellation);

        await HoldsAsync(bed, shop, shop.Refused.Where(record => record.Value is not null).ToDictionary());
    }

    [Fact]
    public async Task Windows_by_hand_and_a_worker_that_is_killed_leave_one_copy_of_each_row()
    {
        await using var bed = await TestBed.CreateAsync(null, null, Cancellation);
        var shop = await NestedShop.WriteAsync(Path.Combine(bed.Folder, "dump"), Cancellation);
        bed.Environment["MIGRATION_SOURCE"] = Path.Combine(bed.Folder, "dump");
        bed.Environment["MIGRATION_BROKER"] = null;
        await File.WriteAllTextAsync(bed.MigrationFile, NestedShop.MigrationFile(sliceRecords: 300), Cancellation);
        await StartSlice(bed, offset: 0).EndsWithAsync(ExitCode.Done, Cancellation);

        // Its second batch is written and not committed.
        await using (var gate = await Gate.CloseAsync(bed.Target, "slice", "NEW.read BETWEEN 151 AND 999", Cancellation))
        {
            var killed = StartSlice(bed, offset: 1_000);
            await gate.SomebodyWaitsAsync(Cancellation);
            await killed.KillAsync();
            await gate.OpenAsync(Cancellation);
        }

        await bed.StartRun("--in-process").EndsWithAsync(ExitCode.Done, Cancellation);

        await HoldsAsync(bed, shop, shop.Refused.Where(record => record.Value is not null).ToDictionary());
    }

    private static RunningProgram StartSlice(TestBed bed, int offset) => bed.StartWorkerProgram(
        "slice", bed.MigrationFile, "--name", bed.Run, "--collection", "products", "--offset", $"{offset}", "--limit", "1000");

    private static async Task<Dictionary<string, int>> PredictedAsync(TestBed bed)
    {
        var check = bed.StartCoordinator("check", bed.MigrationFile, "--full", "--json");
        await check.EndsWithAsync(ExitCode.Done, Cancellation);
        using var said = JsonDocument.Parse(check.Output);
        return said.RootElement.GetProperty("collections")[0].GetProperty("rejects").EnumerateArray()
            .ToDictionary(reject => reject.GetProperty("column").GetString()!, reject => reject.GetProperty("records").GetInt32());
    }

    /// <summary>Every product is there with all that it says, element by element, or in quarantine; and nothing else is.</summary>
    private static async Task HoldsAsync(TestBed bed, NestedShop shop, Dictionary<string, string?> refused)
    {
        var products = shop.Documents.Where(product => !refused.ContainsKey(Id(product))).ToList();
        Assert.Equal(products.Select(p => $"{Id(p)} {p["name"]}"), await LinesAsync(bed, "SELECT id || ' ' || name FROM shop.products ORDER BY id COLLATE \"C\""));
        Assert.Equal(
            Elements(products, product => product["variants"].AsBsonArray).Select(v => $"{Id(v.Of)} {v.Place} {v.Element["sku"]} {Money(v.Element["price"])} {v.Element["stock"]}"),
            await LinesAsync(bed, "SELECT concat_ws(' ', product_id, position, sku, price, stock) FROM shop.variants ORDER BY product_id COLLATE \"C\", position"));
        Assert.Equal(
            from variant in Elements(products, product => product["variants"].AsBsonArray)
            from image in variant.Element["media"]["images"].AsBsonArray.Index()
            select $"{Id(variant.Of)} {variant.Place} {image.Index} {image.Item["url"]} {image.Item.AsBsonDocument.GetValue("alt", "-")}",
            await LinesAsync(
                bed, "SELECT concat_ws(' ', variants_product_id, variants_position, ordinal, url, coalesce(alt, '-')) FROM shop.images ORDER BY variants_product_id COLLATE \"C\", variants_position, ordinal"));
        Assert.Equal(
            Elements(products, product => product["tags"].AsBsonArray).Select(tag => $"{Id(tag.Of)} {tag.Place} {tag.Element}"),
            await LinesAsync(bed, "SELECT concat_ws(' ', products_id, ordinal, tag) FROM shop.tags ORDER BY products_id COLLATE \"C\", ordinal"));
        await RestIsKeptAsync(bed, products);
        Assert.Equal(
            refused.Select(record => $"{record.Key} {record.Value}".TrimEnd()).Order(StringComparer.Ordinal),
            (await LinesAsync(bed, "SELECT concat_ws(' ', record_id::json ->> '$oid', column_name) FROM migration.quarantine WHERE resolved_at IS NULL")).Order(StringComparer.Ordinal));
        Assert.Equal(
            [$"{NestedShop.Products} {products.Count} {refused.Count} 0"],
            await LinesAsync(bed, "SELECT concat_ws(' ', sum(read), sum(written), sum(quarantined), sum(skipped)) FROM migration.slice"));
    }

    private static async Task RestIsKeptAsync(TestBed bed, List<BsonDocument> products)
    {
        var held = await LinesAsync(bed, "SELECT rest::text FROM shop.variants ORDER BY product_id COLLATE \"C\", position");
        foreach (var ((_, _, variant), rest) in Elements(products, product => product["variants"].AsBsonArray).Zip(held))
        {
            var expected = new BsonDocument(variant.AsBsonDocument.Where(field => field.Name is not ("sku" or "price" or "stock")));
            Assert.True(JsonSameness.Same(expected, rest), $"{rest} is not {expected}");
        }
    }

    private static IEnumerable<(BsonDocument Of, int Place, BsonValue Element)> Elements(IEnumerable<BsonDocument> products, Func<BsonDocument, BsonArray> array) =>
        products.SelectMany(product => array(product).Select((element, place) => (product, place, element)));

    private static string Id(BsonDocument product) => product["_id"].AsObjectId.ToString();

    private static string Money(BsonValue price) => (price.IsDecimal128 ? Decimal128.ToDecimal(price.AsDecimal128) : price.ToDecimal()).ToString("0.00", System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<List<string>> LinesAsync(TestBed bed, string sql)
    {
        var lines = new List<string>();
        await using var command = bed.Target.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        while (await reader.ReadAsync(Cancellation))
            lines.Add(reader.GetString(0));
        return lines;
    }

    private static async Task ExecuteAsync(TestBed bed, string sql)
    {
        await using var command = bed.Target.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
