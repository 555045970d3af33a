using MongoDB.Bson;
using MongoDB.Bson.IO;
using MongoDB.Driver;

namespace Migration.SampleShop;

/// <summary>Loads a shop into a server that speaks MongoDB's protocol.</summary>
public static class ShopServer
{
    private const int BatchSize = 1000;

    /// <summary>Uses <c>find</c>, <c>insert</c> and, if asked, <c>drop</c>; needs no other command.</summary>
    /// <param name="drop">Drops the three collections first; without it they must be empty.</param>
    /// <exception cref="InvalidOperationException">A collection holds documents and <paramref name="drop"/> is false.</exception>
    public static async Task<ShopExpectation> LoadAsync(
        ShopGenerator generator, ShopCounts counts, IMongoDatabase database, bool drop, CancellationToken cancellation)
    {
        var collections = generator.Collections(counts);
        foreach (var collection in collections)
            await MakeRoomAsync(database, collection.Name, drop, cancellation);

        var bytes = new Dictionary<string, long>();
        foreach (var collection in collections)
            bytes[collection.Name] = await LoadAsync(collection, database, cancellation);
        return ShopExpectation.Of(generator, counts, bytes);
    }

    private static async Task MakeRoomAsync(IMongoDatabase database, string name, bool drop, CancellationToken cancellation)
    {
        if (drop)
            await database.DropCollectionAsync(name, cancellation);
        else if (await database.GetCollection<BsonDocument>(name).Find(new BsonDocument()).Limit(1).AnyAsync(cancellation))
            throw new InvalidOperationException(
                $"{database.DatabaseNamespace.DatabaseName}.{name} already holds documents: pass --drop to replace them, or another --database.");
    }

    private static async Task<long> LoadAsync(ShopCollection collection, IMongoDatabase database, CancellationToken cancellation)
    {
        var target = database.GetCollection<RawBsonDocument>(collection.Name);
        var bytes = 0L;
        foreach (var batch in Documents(collection).Chunk(BatchSize))
        {
            await target.InsertManyAsync(batch.Select(document => new RawBsonDocument(document)), cancellationToken: cancellation);
            bytes += batch.Sum(document => (long)document.Length);
        }

        return bytes;
    }

    private static IEnumerable<byte[]> Documents(ShopCollection collection)
    {
        using var buffer = new MemoryStream();
        for (var index = 0L; index < collection.Count; index++)
        {
            buffer.SetLength(0);
            using (var writer = new BsonBinaryWriter(buffer))
                collection.Write(writer, index);
            yield return buffer.ToArray();
        }
    }
}
