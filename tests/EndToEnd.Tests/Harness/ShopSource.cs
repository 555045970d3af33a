using Migration.SampleShop;

namespace Migration.EndToEnd.Tests.Harness;

/// <summary>A shop as a dump on disk, made once for all tests that ask for the same one.</summary>
/// <param name="Folder">What MIGRATION_SOURCE names.</param>
internal sealed record ShopSource(ShopGenerator Generator, ShopCounts Counts, string Folder)
{
    private static readonly SemaphoreSlim One = new(1, 1);

    public long Records => Counts.Products + Counts.Customers + Counts.Orders;

    private static string Root => Path.Combine(Repository.Root, "artifacts", "end-to-end");

    public static async Task<ShopSource> DumpAsync(
        ShopCounts counts, CancellationToken cancellation, DumpFormat format = DumpFormat.Bson, bool gzip = false)
    {
        var generator = new ShopGenerator();
        var name = FormattableString.Invariant(
            $"{counts.Products}-{counts.Customers}-{counts.Orders}-{counts.Bad}-{format}{(gzip ? "-gzip" : "")}");
        var source = new ShopSource(generator, counts, Path.Combine(Root, name));
        await One.WaitAsync(cancellation);
        try
        {
            // Written last, so the dump is whole where it stands.
            if (!File.Exists(Path.Combine(source.Folder, "shop", ShopExpectation.FileName)))
                await ShopDump.WriteAsync(generator, counts, source.Folder, new(format, gzip), cancellation);
        }
        finally
        {
            One.Release();
        }

        return source;
    }
}
