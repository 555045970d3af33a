using Migration.Chaos.Tests.Faults;
using Migration.SampleShop;

namespace Migration.Chaos.Tests.Schedules;

/// <summary>One run and what goes wrong in it. The seed decides all of it.</summary>
/// <param name="Local">The coordinator starts the workers, and starts those that die again; else the test does.</param>
internal sealed record Schedule(
    int Seed, ShopCounts Shop, ShopFile File, int Workers, bool Local, IReadOnlyList<Fault> Faults)
{
    private static readonly int[] SlicesInHand = [1, 2, 3, 12];

    /// <summary>That one message asks for, where products are not enriched.</summary>
    private static readonly int[] SlicesPerMessage = [1, 3, 8];

    public long Records => Shop.Products + Shop.Customers + Shop.Orders;

    /// <summary>
    /// Products go through a service as well. By the seed alone and not by a draw, so that every seed keeps the faults that
    /// it had before there was enrichment.
    /// </summary>
    public bool IsEnriched => Seed > 0 && Seed % 3 == 1;

    /// <summary>Every other one of these re-hosts photos as well.</summary>
    public bool HasPhotos => IsEnriched && Seed % 2 == 1;

    public IReadOnlyList<string> Poisoned => [.. Faults.Select(fault => fault.Poisoned).OfType<string>().Distinct()];

    public static Schedule Of(int seed)
    {
        var random = new Random(seed);
        var (products, bad) = Arenas.ChaosShops.Sizes[random.Next(Arenas.ChaosShops.Sizes.Count)];
        var shop = new ShopCounts(products, bad: bad);
        var faults = FaultDeck.Deal(seed, random, shop);
        var workers = Math.Max(1 + random.Next(3), faults.Max(fault => fault.LeastWorkers));
        var records = shop.Products + shop.Customers + shop.Orders;
        var file = new ShopFile
        {
            SliceRecords = 40 + random.Next(200),
            LeastSliceRecords = 10 + random.Next(60),
            BatchRecords = 10 + random.Next(60),
            Slices = SlicesInHand[random.Next(SlicesInHand.Length)],

            // By the seed alone: every seed keeps the faults that it had before.
            SlicesPerMessage = SlicesPerMessage[seed % SlicesPerMessage.Length],
            // About two seconds of reading, so that there is a run to disturb.
            RecordsPerSecond = (int)(records / (2 * workers)),
        };
        file = faults.Aggregate(file, (fitted, fault) => fault.Fit(fitted));
        return new Schedule(seed, shop, file, workers, random.Next(3) == 0, faults);
    }
}
