using Migration.EndToEnd.Tests.Harness;
using Migration.EndToEnd.Tests.Oracles;
using Migration.SampleShop;
using Migration.TestServers;
using Migration.Worker;

namespace Migration.EndToEnd.Tests;

/// <summary>The documentation's plugin, loaded by real workers from the folder that the build put it into.</summary>
public sealed class PluginTests
{
    private const string Rating = "      rating: float8\n    unmapped";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Workers_take_values_from_the_plugin_of_the_documentation()
    {
        var shop = await ShopSource.DumpAsync(new ShopCounts(3_000), Cancellation);
        await using var bed = await TestBed.CreateAsync(shop, null, Cancellation);
        await bed.EditAsync(Rating, WithPlugin(BuiltFolder.Of("CurrencyPlugin"), "Shop.CurrencyPlugin"), Cancellation);

        await bed.StartRun("--local", "--workers", "2", "--log-folder", bed.Folder).EndsWithAsync(0, Cancellation);

        await new Oracle(bed.Target, shop, bed.Run).CheckAsync(Cancellation);
        var rates = File.ReadLines(Path.Combine(BuiltFolder.Of("CurrencyPlugin"), "rates.csv")).Skip(1).Select(line => line.Split(','));
        await using var wrong = bed.Target.CreateCommand(
            $"""
            SELECT count(*) FROM shop.products LEFT JOIN (VALUES {string.Join(", ", rates.Select(rate => $"('{rate[0]}', {rate[1]})"))}) AS rate(code, euros) ON code = currency
            WHERE products.euros IS NULL OR abs(products.euros - price * rate.euros) > 0.005 OR scale(products.euros) > 2
            """);
        Assert.Equal(0L, await wrong.ExecuteScalarAsync(Cancellation));
    }

    [Theory]
    [InlineData("run", "--in-process")]
    [InlineData("plan")]
    [InlineData("check")]
    public async Task A_class_that_is_not_in_the_folder_is_named_before_anything_is_made(string command, params string[] options)
    {
        var shop = await ShopSource.DumpAsync(new ShopCounts(100), Cancellation);
        await using var bed = await TestBed.CreateAsync(shop, null, Cancellation);
        await bed.EditAsync(Rating, WithPlugin(BuiltFolder.Of("CurrencyPlugin"), "Shop.CurencyPlugin"), Cancellation);

        var program = bed.StartCoordinator([command, bed.MigrationFile, .. options]);

        await program.EndsWithAsync(ExitCode.Configuration, Cancellation);
        Assert.Contains("the nearest is 'Shop.CurrencyPlugin'", (program.Output + program.Errors).ReplaceLineEndings(" "), StringComparison.Ordinal);
        await using var made = bed.Target.CreateCommand("SELECT count(*) FROM information_schema.tables WHERE table_schema IN ('shop', 'migration')");
        Assert.Equal(0L, await made.ExecuteScalarAsync(Cancellation));
    }

    [Fact]
    public async Task A_worker_that_does_not_see_the_folder_ends_with_the_exit_code_of_a_wrong_configuration()
    {
        var shop = await ShopSource.DumpAsync(new ShopCounts(100), Cancellation);
        await using var bed = await TestBed.CreateAsync(shop, null, Cancellation);
        var folder = Path.Combine(bed.Folder, "not-mounted-here");
        await bed.EditAsync(Rating, WithPlugin(folder, "Shop.CurrencyPlugin"), Cancellation);

        var program = bed.StartRun("--local", "--workers", "1", "--log-folder", bed.Folder);

        await program.EndsWithAsync(ExitCode.Configuration, Cancellation);
        Assert.Contains($"Shop.CurrencyPlugin of {folder}: the folder is not there", program.Output + program.Errors, StringComparison.Ordinal);
    }

    private static string WithPlugin(string folder, string name) =>
        $$"""
              rating: float8
              euros: { type: numeric, enriched: true }
            enrich:
              - plugin: { folder: "{{folder}}", class: {{name}}, read: [price, currency], write: euros }
            unmapped
        """.Replace("\r", "", StringComparison.Ordinal);
}
