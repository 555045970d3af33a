using System.Buffers.Binary;
using MongoDB.Bson;

namespace Migration.Worker.Sources;

/// <summary>One element of a BSON document, undecoded.</summary>
/// <param name="bytes">Type byte, name, its NUL and the value, as they stand in the document.</param>
internal readonly ref struct RawElement(ReadOnlySpan<byte> bytes, int nameLength)
{
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    public BsonType Type => (BsonType)Bytes[0];

    public ReadOnlySpan<byte> Name => Bytes.Slice(1, nameLength);

    public ReadOnlySpan<byte> Value => Bytes[(nameLength + 2)..];

    /// <summary>True for <c>default</c>, which stands for a field that is not there.</summary>
    public bool IsMissing => Bytes.IsEmpty;
}

/// <summary>
/// Walks the elements of one BSON document without decoding them. Every length is checked against what is left, so
/// that a corrupt document gives a <see cref="FormatException"/> and never a read past its end; nothing recurses.
/// </summary>
internal ref struct RawBson
{
    /// <summary>MongoDB itself stores nothing deeper than 200 levels.</summary>
    public const int MaxDepth = 200;

    private ReadOnlySpan<byte> _rest;

    /// <param name="document">Length prefix and terminator included.</param>
    public RawBson(ReadOnlySpan<byte> document)
    {
        if (document.Length < 5 || BinaryPrimitives.ReadInt32LittleEndian(document) != document.Length || document[^1] != 0)
            throw new FormatException("not a BSON document: its length and its bytes disagree");
        _rest = document[4..^1];
        Current = default;
    }

    public RawElement Current { get; private set; }

    public readonly RawBson GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_rest.IsEmpty)
            return false;
        var nameLength = _rest[1..].IndexOf((byte)0);
        if (nameLength < 0)
            throw new FormatException("not a BSON document: a field's name has no end");
        var length = nameLength + 2 + ValueLength(_rest[0], _rest[(nameLength + 2)..]);
        Current = new RawElement(_rest[..length], nameLength);
        _rest = _rest[length..];
        return true;
    }

    /// <summary>The first field of that name, or a missing element.</summary>
    public static RawElement Find(ReadOnlySpan<byte> document, ReadOnlySpan<byte> name)
    {
        foreach (var element in new RawBson(document))
        {
            if (element.Name.SequenceEqual(name))
                return element;
        }

        return default;
    }

    /// <summary>Bytes that a value of the type takes at the start of <paramref name="bytes"/>; never more than there are.</summary>
    public static int ValueLength(byte type, ReadOnlySpan<byte> bytes)
    {
        long length = type switch
        {
            0x06 or 0x0A or 0x7F or 0xFF => 0,
            0x08 => 1,
            0x10 => 4,
            0x01 or 0x09 or 0x11 or 0x12 => 8,
            0x07 => 12,
            0x13 => 16,
            0x02 or 0x0D or 0x0E => 4L + Prefix(bytes, 1),
            0x03 or 0x04 => Prefix(bytes, 5),
            0x0F => Prefix(bytes, 14),
            0x05 => 5L + Prefix(bytes, 0),
            0x0C => 16L + Prefix(bytes, 1),
            0x0B => RegularExpressionLength(bytes),
            _ => throw new FormatException($"not a BSON document: type 0x{type:X2} does not exist"),
        };
        return length <= bytes.Length
            ? (int)length
            : throw new FormatException("not a BSON document: a value reaches past its end");
    }

    private static int Prefix(ReadOnlySpan<byte> bytes, int atLeast)
    {
        var length = bytes.Length >= 4 ? BinaryPrimitives.ReadInt32LittleEndian(bytes) : -1;
        return length >= atLeast ? length : throw new FormatException("not a BSON document: a value's length is impossible");
    }

    private static int RegularExpressionLength(ReadOnlySpan<byte> bytes)
    {
        var pattern = bytes.IndexOf((byte)0);
        var options = pattern < 0 ? -1 : bytes[(pattern + 1)..].IndexOf((byte)0);
        return options >= 0 ? pattern + options + 2 : throw new FormatException("not a BSON document: a regular expression has no end");
    }
}
