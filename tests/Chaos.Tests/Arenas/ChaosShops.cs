using Migration.SampleShop;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Migration.Chaos.Tests.Arenas;

/// <summary>Small shops on the source, loaded when first asked for and only read from then on.</summary>
internal sealed class ChaosShops(Uri server)
{
    private readonly Dictionary<string, ShopSource> _shops = [];

    /// <summary>Products, and how many of them cannot be migrated; customers and orders make it twice as many records.</summary>
    public static IReadOnlyList<(int Products, int Bad)> Sizes { get; } = [(400, 0), (900, 10), (1_800, 25)];

    public async Task<ShopSource> GetAsync(ShopCounts counts, CancellationToken cancellation)
    {
        var name = FormattableString.Invariant($"shop_{counts.Products}_{counts.Bad}");
        if (!_shops.TryGetValue(name, out var shop))
        {
            var generator = new ShopGenerator();
            await ShopServer.LoadAsync(generator, counts, Database(name), drop: true, cancellation);
            _shops[name] = shop = new ShopSource(generator, counts, name);
        }

        return shop;
    }

    /// <summary>The source is never written to: every shop must still be what was loaded, byte by byte.</summary>
    public async Task CheckUntouchedAsync(CancellationToken cancellation)
    {
        foreach (var shop in _shops.Values)
        {
            await CheckAsync(shop, "products", shop.Generator.Products(shop.Counts.Products, shop.Counts.Bad), cancellation);
            await CheckAsync(shop, "customers", shop.Generator.Customers(shop.Counts.Customers), cancellation);
            await CheckAsync(shop, "orders", shop.Generator.Orders(shop.Counts), cancellation);
        }
    }

    private async Task CheckAsync(
        ShopSource shop, string collection, IEnumerable<BsonDocument> expected, CancellationToken cancellation)
    {
        var found = await Database(shop.Folder).GetCollection<BsonDocument>(collection)
            .Find(new BsonDocument()).Sort(new BsonDocument("_id", 1)).ToListAsync(cancellation);
        Assert.Equal(expected, found);
    }

    /// <summary>
    /// Through connections of its own. Clients of equal settings share theirs, and one that ended with the source's last
    /// crash, which the driver may not have noticed yet, fails the drop or insert put on it: neither is tried again.
    /// </summary>
    private IMongoDatabase Database(string name)
    {
        var settings = MongoClientSettings.FromConnectionString(server.AbsoluteUri);
        settings.ApplicationName = FormattableString.Invariant($"shops-{Guid.NewGuid():N}");
        return new MongoClient(settings).GetDatabase(name);
    }
}
