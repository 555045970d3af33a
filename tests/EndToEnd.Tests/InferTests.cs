using Migration.Contracts.Migrations;
using Migration.EndToEnd.Tests.Harness;
using Migration.SampleShop;
using Migration.TestServers;
using Migration.Worker;

namespace Migration.EndToEnd.Tests;

/// <summary>A first file that <c>infer</c> wrote, run as it is.</summary>
public sealed class InferTests
{
    private static readonly ShopCounts Counts = new(3_000);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(DumpFormat.Bson)]
    [InlineData(DumpFormat.Json)]
    public async Task A_dump_arrives_whole_by_the_file_that_was_inferred_from_it(DumpFormat format)
    {
        var shop = await ShopSource.DumpAsync(Counts, Cancellation, format);
        await using var bed = await TestBed.CreateAsync(shop, null, Cancellation);
        bed.Environment["MIGRATION_BROKER"] = null;

        await InferAsync(bed, "shop");
        await bed.StartRun("--in-process").EndsWithAsync(ExitCode.Done, Cancellation);

        await new InferredShop(bed.Target, shop, Load(bed), bed.Run).CheckAsync(Cancellation);
    }

    [Fact]
    public async Task A_server_arrives_whole_by_the_file_that_was_inferred_from_it()
    {
        await using var mongo = MongoDb.CreateDatabase();
        var generator = new ShopGenerator();
        await ShopServer.LoadAsync(generator, Counts, mongo.Database, drop: false, Cancellation);
        var shop = new ShopSource(generator, Counts, MongoUri.Of(mongo));
        await using var bed = await TestBed.CreateAsync(shop, null, Cancellation);

        await InferAsync(bed, mongo.Name);
        await bed.StartRun("--in-process").EndsWithAsync(ExitCode.Done, Cancellation);

        await new InferredShop(bed.Target, shop, Load(bed), bed.Run).CheckAsync(Cancellation);
    }

    [Fact]
    public async Task A_file_that_is_there_is_not_overwritten_unasked()
    {
        var shop = await ShopSource.DumpAsync(new(200), Cancellation);
        await using var bed = await TestBed.CreateAsync(shop, null, Cancellation);
        var before = await File.ReadAllTextAsync(bed.MigrationFile, Cancellation);

        var program = bed.StartCoordinator("infer", "--database", "shop", "--output", bed.MigrationFile);

        await program.EndsWithAsync(ExitCode.Configuration, Cancellation);
        Assert.Contains("--force", program.Errors, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllTextAsync(bed.MigrationFile, Cancellation));
    }

    [Fact]
    public async Task No_password_stands_in_the_file_or_in_what_is_said()
    {
        await using var mongo = MongoDb.CreateDatabase();
        var generator = new ShopGenerator();
        await ShopServer.LoadAsync(generator, new(200), mongo.Database, drop: false, Cancellation);
        await using var bed = await TestBed.CreateAsync(null, null, Cancellation);
        bed.Environment["MIGRATION_SOURCE"] = MongoUri.Of(mongo);
        var password = new MongoDB.Driver.MongoUrl(MongoUri.Of(mongo)).Password;

        var program = bed.StartCoordinator("infer", "--ddl", "--sample", "20");

        await program.EndsWithAsync(ExitCode.Done, Cancellation);
        Assert.Contains("# CREATE TABLE", program.Output, StringComparison.Ordinal);
        Assert.Contains("MIGRATION_SOURCE=mongodb://", program.Output, StringComparison.Ordinal);
        if (!string.IsNullOrEmpty(password))
            Assert.DoesNotContain(password, program.Output + program.Errors, StringComparison.Ordinal);
    }

    private static Task InferAsync(TestBed bed, string database)
        => bed.StartCoordinator("infer", "--database", database, "--output", bed.MigrationFile, "--force")
            .EndsWithAsync(ExitCode.Done, Cancellation);

    private static MigrationFile Load(TestBed bed) => MigrationFileLoader.Load(bed.MigrationFile, bed.Environment.GetValueOrDefault);
}
