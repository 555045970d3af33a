using System.Buffers.Text;
using Migration.Worker.Targets;
using MongoDB.Bson;

namespace Migration.Worker.Mapping.Conversions;

/// <summary>uuid: binary of subtype 4, or a text that is a UUID with or without hyphens.</summary>
internal sealed class UuidConversion : ColumnConversion
{
    private const int Size = 16;
    private const int SubtypeOffset = sizeof(int);

    private static readonly Refusal NoUuid = new(SqlStates.InvalidText, "needs a UUID", Advice.ChangeType);

    public override Refusal? Write(BsonType type, ReadOnlySpan<byte> value, RowBuffer rows) => type switch
    {
        BsonType.Binary => WriteBinary(value, rows),
        BsonType.String or BsonType.Symbol => WriteText(BsonSpanReader.TextOf(value), rows),
        _ => Refusal.WrongType,
    };

    /// <summary>The 16 bytes of a binary value that is a UUID.</summary>
    public static Refusal? Read(ReadOnlySpan<byte> binary, out ReadOnlySpan<byte> uuid)
    {
        uuid = binary[(SubtypeOffset + 1)..];
        var subtype = (BsonBinarySubType)binary[SubtypeOffset];
        if (subtype == BsonBinarySubType.UuidLegacy && uuid.Length == Size) return Refusal.AmbiguousUuid;
        return subtype == BsonBinarySubType.UuidStandard && uuid.Length == Size ? null : Refusal.WrongType;
    }

    private static Refusal? WriteBinary(ReadOnlySpan<byte> value, RowBuffer rows)
    {
        if (Read(value, out var uuid) is { } refusal) return refusal;
        uuid.CopyTo(rows.AppendField(Size));
        return null;
    }

    private static Refusal? WriteText(ReadOnlySpan<byte> text, RowBuffer rows)
    {
        var format = text.Length == 36 ? 'D' : 'N';
        if (!Utf8Parser.TryParse(text, out Guid guid, out var used, format) || used != text.Length) return NoUuid;
        guid.TryWriteBytes(rows.AppendField(Size), bigEndian: true, out _);
        return null;
    }
}
