using System.Buffers.Binary;
using Migration.Contracts.Ledger;
using MongoDB.Bson;

namespace Migration.Worker.Sources;

/// <summary>
/// Makes and reads record positions: <c>{_id: value}</c> on a server, <c>{_id: value, at: offset}</c> on a dump, and
/// <c>{at: offset}</c> for a record of a dump that has no readable <c>_id</c>.
/// </summary>
internal static class Positions
{
    /// <param name="key">The element <c>_id</c>, or empty when the record has none.</param>
    /// <param name="at">The byte at which the record starts, or null on a server.</param>
    public static RecordPosition Of(ReadOnlySpan<byte> key, long? at)
    {
        var writer = new RawBsonWriter().Element(key);
        if (at is { } offset)
            writer.Int64("at", offset);
        return new RecordPosition(writer.ToArray());
    }

    public static RawElement Key(RecordPosition position) => RawBson.Find(position.Bson.Span, "_id"u8);

    public static long At(RecordPosition position)
    {
        var at = RawBson.Find(position.Bson.Span, "at"u8);
        return !at.IsMissing && at.Type == BsonType.Int64
            ? BinaryPrimitives.ReadInt64LittleEndian(at.Value)
            : throw new SourceException("the slice was planned on a server, not on a dump: its positions have no byte offset; plan a new run");
    }

    /// <summary>The key as people write it, cut short; for messages.</summary>
    public static string Text(RecordPosition position) => Text(Key(position));

    public static string Text(RawElement key)
    {
        if (key.IsMissing)
            return "no _id";
        var text = "_id of type 0x" + ((int)key.Type).ToString("X2", null);
        try
        {
            using var document = new RawBsonDocument(new RawBsonWriter().Value("_id", key).ToArray());
            text = "_id " + document[0];
        }
        catch (FormatException)
        {
            // A key that the driver's object model cannot hold is named by its type.
        }

        return text.Length <= 120 ? text : text[..117] + "...";
    }
}
