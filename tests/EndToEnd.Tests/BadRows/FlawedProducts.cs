using Migration.EndToEnd.Tests.Harness;
using Migration.SampleShop;
using MongoDB.Bson;

namespace Migration.EndToEnd.Tests.BadRows;

/// <summary>
/// Products of the sample shop, of which one in a hundred is flawed in a way that the mapping takes and a constraint may
/// refuse, once spread evenly (field <c>even</c>) and once at random (field <c>random</c>). Each of the two holds
/// <c>flaw</c> (1 where flawed, else 0), <c>whole</c> (null where flawed) and <c>serial</c> (where flawed, that of the
/// product before).
/// </summary>
internal static class FlawedProducts
{
    private const int OneIn = 100;

    /// <summary>A flawed product is never the first of a slice: what it repeats is in the same one, and comes first.</summary>
    public const int SliceRecords = 5_000;

    private static string Root => Path.Combine(Repository.Root, "artifacts", "end-to-end");

    /// <summary>The places of the flawed ones.</summary>
    public static IEnumerable<long> Places(string spread, long products)
        => Enumerable.Range(0, (int)(products / OneIn)).Select(hundred => ((long)hundred * OneIn) + Within(spread, hundred));

    /// <returns>The dump's folder, made once for each size.</returns>
    public static async Task<string> DumpAsync(long products, CancellationToken cancellation)
    {
        var folder = Path.Combine(Root, FormattableString.Invariant($"flawed-{products}"));
        var dump = Path.Combine(folder, "shop", "products.bson");
        if (File.Exists(dump))
            return folder;
        Directory.CreateDirectory(Path.GetDirectoryName(dump)!);
        await using (var file = File.Create(dump + ".part", 1 << 20))
        {
            var place = 0L;
            foreach (var document in new ShopGenerator().Products(products, bad: 0))
            {
                document.Add("number", place).Add("even", Marks("even", place)).Add("random", Marks("random", place));
                await file.WriteAsync(document.ToBson(), cancellation);
                place++;
            }
        }

        // Renamed last, so the dump is whole where it stands.
        File.Move(dump + ".part", dump);
        return folder;
    }

    private static BsonDocument Marks(string spread, long place)
    {
        var isFlawed = place % OneIn == Within(spread, (int)(place / OneIn));
        return new BsonDocument
        {
            ["flaw"] = isFlawed ? 1 : 0,
            ["whole"] = isFlawed ? BsonNull.Value : 1,
            ["serial"] = isFlawed ? place - 1 : place,
        };
    }

    /// <summary>Which of its hundred is flawed: never the first, and the same on every machine.</summary>
    private static int Within(string spread, int hundred)
        => spread == "even" ? OneIn / 2 : 1 + (int)(unchecked((uint)hundred * 2_654_435_761u) >> 8) % (OneIn - 1);
}
