using MongoDB.Bson;
using MongoDB.Bson.IO;

namespace Migration.SampleShop;

/// <summary>One collection: its name, its size, and how record <c>index</c> (0 to size - 1) is written.</summary>
internal sealed record ShopCollection(string Name, long Count, Action<IBsonWriter, long> Write)
{
    /// <summary>Makes each document as it is asked for, and keeps none.</summary>
    public IEnumerable<BsonDocument> Documents()
    {
        for (var index = 0L; index < Count; index++)
        {
            var document = new BsonDocument();
            using var writer = new BsonDocumentWriter(document);
            Write(writer, index);
            yield return document;
        }
    }
}
