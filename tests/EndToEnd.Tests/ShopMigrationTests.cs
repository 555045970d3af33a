using Migration.EndToEnd.Tests.Harness;
using Migration.EndToEnd.Tests.Oracles;
using Migration.SampleShop;
using Migration.TestServers;

namespace Migration.EndToEnd.Tests;

public sealed class ShopMigrationTests
{
    private static readonly ShopCounts Counts = new(5_000);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(DumpFormat.Bson, false)]
    [InlineData(DumpFormat.Bson, true)]
    [InlineData(DumpFormat.Json, false)]
    [InlineData(DumpFormat.Json, true)]
    public async Task A_dump_arrives_whole_without_a_broker(DumpFormat format, bool gzip)
    {
        var shop = await ShopSource.DumpAsync(Counts, Cancellation, format, gzip);
        await using var bed = await TestBed.CreateAsync(shop, null, Cancellation);
        bed.Environment["MIGRATION_BROKER"] = null;

        await bed.StartRun("--in-process").EndsWithAsync(0, Cancellation);

        await new Oracle(bed.Target, shop, bed.Run).CheckAsync(Cancellation);
    }

    [Fact]
    public async Task A_server_arrives_whole_through_the_broker()
    {
        await using var mongo = MongoDb.CreateDatabase();
        var generator = new ShopGenerator();
        await ShopServer.LoadAsync(generator, Counts, mongo.Database, drop: false, Cancellation);
        var shop = new ShopSource(generator, Counts, MongoUri.Of(mongo));
        await using var bed = await TestBed.CreateAsync(shop, null, Cancellation);
        await bed.SetDatabaseAsync(mongo.Name, Cancellation);

        await bed.StartRun("--local", "--workers", "2", "--log-folder", bed.Folder).EndsWithAsync(0, Cancellation);

        await new Oracle(bed.Target, shop, bed.Run).CheckAsync(Cancellation);
    }
}
