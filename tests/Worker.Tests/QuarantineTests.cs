using System.Buffers.Binary;
using Migration.Worker.Mapping;
using Migration.Worker.Sources;
using MongoDB.Bson;

namespace Migration.Worker.Tests;

public sealed class QuarantineTests
{
    private const int Abyss = 900_000;

    [Fact]
    public void A_document_that_is_nested_without_end_is_kept_as_bytes_and_survived()
    {
        var document = Around(new BsonDocument("_id", 7), "a", Nested(Abyss));

        var kept = Quarantine.Record("products", new SourceRecord(document), new RecordRejection(RecordStage.Map, null, null, "too deep"));

        Assert.Equal("""{ "$numberInt" : "7" }""", kept.RecordId);
        Assert.Null(kept.DocumentJson);
        Assert.Equal(document, kept.Document.ToArray());
    }

    [Fact]
    public void So_is_one_whose_id_is() => Assert.Null(Quarantine.Id(Around([], "_id", Nested(Abyss))));

    [Fact]
    public void What_is_deep_but_not_too_deep_is_shown() => Assert.NotNull(Quarantine.Record(
        "products", new SourceRecord(Around([], "a", Nested(90))),
        new RecordRejection(RecordStage.Map, null, null, "refused")).DocumentJson);

    /// <summary>Documents in each other, each the only field of the one around it.</summary>
    private static byte[] Nested(int levels)
    {
        const int shell = 8;
        var document = new byte[5 + ((levels - 1) * shell)];
        for (var level = 0; level < levels; level++)
        {
            var at = level * (shell - 1);
            BinaryPrimitives.WriteInt32LittleEndian(document.AsSpan(at), document.Length - (level * shell));
            if (level < levels - 1)
                (document[at + 4], document[at + 5]) = ((byte)BsonType.Document, (byte)'a');
        }

        return document;
    }

    private static byte[] Around(BsonDocument document, string name, byte[] value)
    {
        byte[] whole = [.. document.ToBson().AsSpan()[..^1], (byte)BsonType.Document, .. System.Text.Encoding.UTF8.GetBytes(name), 0, .. value, 0];
        BinaryPrimitives.WriteInt32LittleEndian(whole, whole.Length);
        return whole;
    }
}
