using MongoDB.Bson;

namespace Migration.SampleShop;

/// <summary>
/// Makes a shop from a seed: the same seed and counts give the same bytes on every machine and in every culture.
/// Record <c>i</c> of a collection depends on the seed and <c>i</c> alone, except for the bad products, whose places
/// depend on the number of products, and for what an order refers to.
/// </summary>
/// <param name="seed">Any number.</param>
/// <param name="imageBase">What the image links of products begin with, without a slash at the end.</param>
public sealed class ShopGenerator(int seed = 1, string imageBase = ShopGenerator.DefaultImageBase)
{
    public const string DefaultImageBase = "http://127.0.0.1/images";

    public int Seed => seed;

    /// <param name="count">0 or more.</param>
    /// <param name="bad">How many of them cannot be migrated; see <see cref="BadKind"/>.</param>
    public IEnumerable<BsonDocument> Products(long count, int bad = ShopCounts.DefaultBad) =>
        Products(new ShopCounts(count, 0, 0, bad)).Documents();

    public IEnumerable<BsonDocument> Customers(long count) =>
        Customers(new ShopCounts(0, count, 0, 0)).Documents();

    /// <summary>Orders refer to customers and good products of the same counts and seed.</summary>
    public IEnumerable<BsonDocument> Orders(ShopCounts counts) => OrdersOf(counts).Documents();

    /// <summary>The products that cannot be migrated, in the order of their ids.</summary>
    public IEnumerable<BadProduct> BadProducts(ShopCounts counts) =>
        new BadProducts(counts.Products, counts.Bad).All()
            .Select(bad => new BadProduct(ProductWriter.Id(seed, bad.Index).ToString(), bad.Index, bad.Kind));

    internal IReadOnlyList<ShopCollection> Collections(ShopCounts counts) =>
        [Products(counts), Customers(counts), OrdersOf(counts)];

    private ShopCollection Products(ShopCounts counts) =>
        new("products", counts.Products, new ProductWriter(seed, imageBase, new(counts.Products, counts.Bad)).Write);

    private ShopCollection Customers(ShopCounts counts) =>
        new("customers", counts.Customers, new CustomerWriter(seed).Write);

    private ShopCollection OrdersOf(ShopCounts counts) =>
        new("orders", counts.Orders, new OrderWriter(seed, counts).Write);
}
