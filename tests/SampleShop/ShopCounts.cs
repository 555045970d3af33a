namespace Migration.SampleShop;

/// <summary>How many records of each collection, and how many of the products cannot be migrated.</summary>
public sealed record ShopCounts
{
    public const int DefaultBad = 10;

    /// <param name="products">0 or more.</param>
    /// <param name="customers">One for every five products unless given.</param>
    /// <param name="orders">Four for every five products unless given.</param>
    /// <param name="bad">At most <paramref name="products"/>.</param>
    /// <exception cref="ArgumentException">The counts contradict each other.</exception>
    public ShopCounts(long products, long? customers = null, long? orders = null, int bad = DefaultBad)
    {
        Products = products;
        Customers = customers ?? (products + 4) / 5;
        Orders = orders ?? products * 4 / 5;
        Bad = bad;
        RefuseContradictions();
    }

    public long Products { get; }

    public long Customers { get; }

    public long Orders { get; }

    public int Bad { get; }

    private void RefuseContradictions()
    {
        if (Products < 0 || Customers < 0 || Orders < 0 || Bad < 0)
            throw new ArgumentException("Counts of products, customers, orders and bad products must be 0 or more.");
        if (Bad > Products)
            throw new ArgumentException($"{Bad} bad products do not fit into {Products} products: lower --bad or raise --products.");
        if (Orders > 0 && (Customers == 0 || Products == Bad))
            throw new ArgumentException("Orders need at least one customer and one good product: pass --orders 0 or raise --customers and --products.");
    }
}
