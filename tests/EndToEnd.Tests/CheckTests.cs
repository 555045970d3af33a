using System.Text.Json;
using Migration.EndToEnd.Tests.Harness;
using Migration.SampleShop;
using Migration.TestServers;
using Migration.Worker;

namespace Migration.EndToEnd.Tests;

/// <summary><c>check</c> says beforehand what a run then does.</summary>
public sealed class CheckTests
{
    private static readonly ShopCounts Counts = new(3_000, bad: 25);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(DumpFormat.Bson)]
    [InlineData(DumpFormat.Json)]
    public async Task What_a_full_check_predicts_of_a_dump_is_what_the_run_quarantines(DumpFormat format)
    {
        await using var bed = await TestBed.CreateAsync(await ShopSource.DumpAsync(Counts, Cancellation, format), null, Cancellation);
        await ComparesAsync(bed);
    }

    [Fact]
    public async Task What_a_full_check_predicts_of_a_server_is_what_the_run_quarantines()
    {
        await using var mongo = MongoDb.CreateDatabase();
        var generator = new ShopGenerator();
        await ShopServer.LoadAsync(generator, Counts, mongo.Database, drop: false, Cancellation);
        await using var bed = await TestBed.CreateAsync(new ShopSource(generator, Counts, MongoUri.Of(mongo)), null, Cancellation);
        await bed.SetDatabaseAsync(mongo.Name, Cancellation);
        await ComparesAsync(bed);
    }

    [Fact]
    public async Task One_that_takes_long_says_on_standard_error_how_far_it_is()
    {
        await using var bed = await TestBed.CreateAsync(await ShopSource.DumpAsync(Counts, Cancellation), new ShopFile { RecordsPerSecond = 500 }, Cancellation);

        var check = bed.StartCoordinator("check", bed.MigrationFile, "--full", "--json");
        await check.EndsWithAsync(ExitCode.Done, Cancellation);

        // It speaks after three seconds, and then every ten: by then of the products that are sampled, or of all 3,000, at 500 a second.
        Assert.Matches("products: [0-9,]+ of about [13],000 documents read", check.Errors);
        using var json = JsonDocument.Parse(check.Output);
        Assert.Equal(Counts.Products, json.RootElement.GetProperty("collections")[0].GetProperty("tried").GetInt64());
    }

    [Fact]
    public async Task Records_with_a_key_that_another_has_are_predicted()
    {
        await using var bed = await TestBed.CreateAsync(await ShopSource.DumpAsync(Counts, Cancellation), null, Cancellation);
        await bed.EditAsync("    primaryKey: id\n    columns:\n      id: { path: _id, type: text }\n      sku", "    primaryKey: [currency, city, vendor]\n    maxQuarantined: 100%\n    columns:\n      id: { path: _id, type: text }\n      sku", Cancellation);
        await ComparesAsync(bed);
    }

    [Fact]
    public async Task What_no_enum_lists_is_predicted_and_what_onUnfit_changes_is_told()
    {
        await using var bed = await TestBed.CreateAsync(await ShopSource.DumpAsync(Counts, Cancellation), null, Cancellation);
        await bed.EditAsync("collections:\n", "enums:\n  shop.order_state: [placed, paid, shipped, delivered, cancelled]\ncollections:\n", Cancellation);
        await bed.EditAsync("      status: text\n", "      status: shop.order_state\n", Cancellation);
        await bed.EditAsync("    table: shop.orders\n", "    table: shop.orders\n    maxQuarantined: 100%\n", Cancellation);
        await bed.EditAsync("type: varchar(80) }", "type: varchar(4), onUnfit: truncate }", Cancellation);

        var check = bed.StartCoordinator("check", bed.MigrationFile, "--full");
        await check.EndsWithAsync(ExitCode.Done, Cancellation);

        Assert.Contains("column 'status'", check.Output, StringComparison.Ordinal);
        Assert.Matches("column 'city' cannot hold [0-9,]+ values of the [0-9,]+ records tried as they are", check.Output.ReplaceLineEndings(" "));
        await ComparesAsync(bed);
        Assert.Equal(["cancelled", "delivered", "paid", "placed", "shipped"], await TextsAsync(bed, "SELECT DISTINCT status::text FROM shop.orders ORDER BY 1"));
        Assert.Equal(["4"], await TextsAsync(bed, "SELECT max(length(city))::text FROM shop.products"));
    }

    [Fact]
    public async Task A_sample_says_that_it_is_one_and_names_a_path_that_nothing_has()
    {
        await using var bed = await TestBed.CreateAsync(await ShopSource.DumpAsync(Counts, Cancellation), null, Cancellation);
        await bed.EditAsync("path: vendor.address.city", "path: vendor.adress.city", Cancellation);

        var program = bed.StartCoordinator("check", bed.MigrationFile);

        await program.EndsWithAsync(ExitCode.Done, Cancellation);
        Assert.Contains("the nearest is 'vendor.address.city'", program.Output, StringComparison.Ordinal);
        Assert.Contains("about ", program.Output, StringComparison.Ordinal);
        Assert.Contains("--full", program.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mapping_by_which_all_would_fail_is_told_by_the_exit_code()
    {
        await using var bed = await TestBed.CreateAsync(await ShopSource.DumpAsync(Counts, Cancellation), null, Cancellation);
        await bed.EditAsync("sku: { type: text, required: true }", "sku: { type: varchar(3), required: true }", Cancellation);

        var program = bed.StartCoordinator("check", bed.MigrationFile, "--sample", "100");

        await program.EndsWithAsync(ExitCode.Incomplete, Cancellation);
        Assert.Contains("column 'sku'", program.Output, StringComparison.Ordinal);
        Assert.Contains("would pause", program.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_that_is_in_the_way_is_said_at_once()
    {
        await using var bed = await TestBed.CreateAsync(await ShopSource.DumpAsync(Counts, Cancellation), null, Cancellation);
        bed.Environment["MIGRATION_TARGET"] = "postgres://me:tellnobody@127.0.0.1:1/shop";
        await bed.EditAsync("- name: customers", "- name: costumers", Cancellation);

        var program = bed.StartCoordinator("check", bed.MigrationFile);

        await program.EndsWithAsync(ExitCode.Unreachable, Cancellation);
        Assert.Contains("PostgreSQL cannot be reached", program.Output, StringComparison.Ordinal);
        Assert.Contains("the nearest is 'customers'", program.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("tellnobody", program.Output + program.Errors, StringComparison.Ordinal);
    }

    private static async Task ComparesAsync(TestBed bed)
    {
        var predicted = await PredictAsync(bed);
        await AssertNothingWasMadeAsync(bed);

        await bed.StartRun("--in-process").EndsWithAsync(ExitCode.Done, Cancellation);

        Assert.NotEmpty(predicted);
        Assert.Equal(await QuarantinedAsync(bed), predicted);
    }

    /// <summary>Collection, stage, column and SQLSTATE, with the number of records; causes as quarantine names them.</summary>
    private static async Task<SortedDictionary<string, long>> PredictAsync(TestBed bed)
    {
        var program = bed.StartCoordinator("check", bed.MigrationFile, "--full", "--json");
        await program.EndsWithAsync(ExitCode.Done, Cancellation);
        using var json = JsonDocument.Parse(program.Output);
        var predicted = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var collection in json.RootElement.GetProperty("collections").EnumerateArray())
        {
            Assert.False(collection.GetProperty("isEstimate").GetBoolean());
            foreach (var reject in collection.GetProperty("rejects").EnumerateArray())
                predicted.Add($"{reject.GetProperty("cause").GetString()} {reject.GetProperty("column").GetString()}", reject.GetProperty("records").GetInt64());
        }

        return predicted;
    }

    private static async Task<SortedDictionary<string, long>> QuarantinedAsync(TestBed bed)
    {
        await using var command = bed.Target.CreateCommand(
            """
            SELECT q.fingerprint || ' ' || coalesce(q.column_name, ''), count(*) FROM migration.quarantine q
            JOIN migration.run r ON r.id = q.run_id WHERE r.name = $1 GROUP BY 1
            """);
        command.Parameters.Add(new() { Value = bed.Run });
        var quarantined = new SortedDictionary<string, long>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        while (await reader.ReadAsync(Cancellation))
            quarantined.Add(reader.GetString(0), reader.GetInt64(1));
        return quarantined;
    }

    private static async Task<List<string>> TextsAsync(TestBed bed, string sql)
    {
        await using var command = bed.Target.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        var texts = new List<string>();
        while (await reader.ReadAsync(Cancellation))
            texts.Add(reader.GetString(0));
        return texts;
    }

    private static async Task AssertNothingWasMadeAsync(TestBed bed)
    {
        await using var command = bed.Target.CreateCommand(
            "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'");
        Assert.Equal(0L, await command.ExecuteScalarAsync(Cancellation));
    }
}
