using System.IO.Compression;

namespace Migration.SampleShop;

public enum DumpFormat
{
    /// <summary>As mongodump writes it: documents one after the other, and a <c>.metadata.json</c> beside them.</summary>
    Bson,

    /// <summary>Canonical extended JSON, one document a line.</summary>
    Json,
}

public sealed record ShopDumpOptions(DumpFormat Format = DumpFormat.Bson, bool Gzip = false, string Database = "shop");

/// <summary>
/// Writes a shop into <c>DIRECTORY/DATABASE/</c>, replacing a shop that is there, whatever its format.
/// <see cref="ShopExpectation.FileName"/> is written last: where it is missing, the dump is not whole.
/// </summary>
public static class ShopDump
{
    private static readonly string[] Endings = [".bson", ".bson.gz", ".metadata.json", ".metadata.json.gz", ".json", ".json.gz"];

    public static async Task<ShopExpectation> WriteAsync(
        ShopGenerator generator, ShopCounts counts, string directory, ShopDumpOptions options, CancellationToken cancellation)
    {
        var folder = Directory.CreateDirectory(Path.Combine(directory, options.Database)).FullName;
        var collections = generator.Collections(counts);
        RemoveFormerShop(folder, collections);

        var bytes = new Dictionary<string, long>();
        foreach (var collection in collections)
            bytes[collection.Name] = await WriteAsync(collection, folder, options, cancellation);

        var expectation = ShopExpectation.Of(generator, counts, bytes);
        await expectation.WriteAsync(Path.Combine(folder, ShopExpectation.FileName), cancellation);
        return expectation;
    }

    private static async Task<long> WriteAsync(
        ShopCollection collection, string folder, ShopDumpOptions options, CancellationToken cancellation)
    {
        var path = Path.Combine(folder, collection.Name);
        if (options.Format == DumpFormat.Json)
            return await WriteAsync(new JsonLines(collection), $"{path}.json", options.Gzip, cancellation);

        await using (var metadata = Create($"{path}.metadata.json", options.Gzip))
            await metadata.WriteAsync(DumpMetadata.Of(collection.Name), cancellation);
        return await WriteAsync(new BsonBatches(collection), $"{path}.bson", options.Gzip, cancellation);
    }

    private static async Task<long> WriteAsync(
        IEnumerable<ReadOnlyMemory<byte>> batches, string path, bool gzip, CancellationToken cancellation)
    {
        var bytes = 0L;
        await using var file = Create(path, gzip);
        foreach (var batch in batches)
        {
            await file.WriteAsync(batch, cancellation);
            bytes += batch.Length;
        }

        return bytes;
    }

    private static Stream Create(string path, bool gzip) =>
        gzip ? new GZipStream(File.Create($"{path}.gz"), CompressionLevel.Optimal) : File.Create(path);

    private static void RemoveFormerShop(string folder, IReadOnlyList<ShopCollection> collections)
    {
        File.Delete(Path.Combine(folder, ShopExpectation.FileName));
        foreach (var collection in collections)
            foreach (var ending in Endings)
                File.Delete(Path.Combine(folder, collection.Name + ending));
    }
}
