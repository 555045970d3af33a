using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MongoDB.Bson;

namespace Migration.Worker.Mapping;

/// <summary>
/// Walks the fields of one BSON document in the bytes that it came in, and allocates nothing. Every length is checked
/// before it is believed, so that no document, however broken, makes it throw or read outside its span: it stops and
/// says why in <see cref="Fault"/>.
/// </summary>
/// <remarks>
/// A value's inner lengths are checked when its field is read; what a subdocument or array holds is checked when a
/// reader over it walks it. <see cref="Check"/> walks all of it. Texts are not checked to be UTF-8.
/// Reading is inlined into the loops around it, for a quarter of a mapping's time went here: a loop then has the
/// reader in registers, and in a program compiled ahead every call that is left goes through a stub.
/// </remarks>
internal ref struct BsonSpanReader
{
    /// <summary>Levels of nesting that are read. MongoDB stores at most 100; dumps of other servers may hold a few more.</summary>
    public const int MaxDepth = 200;

    private const int SmallestDocument = 5;

    private readonly ReadOnlySpan<byte> _document;
    private int _nameStart;
    private int _next;

    /// <param name="document">A whole document or array, length prefix and closing zero included.</param>
    public BsonSpanReader(ReadOnlySpan<byte> document)
    {
        _document = document;
        _next = sizeof(int);
        Fault = CheckFrame(document);
    }

    /// <summary>Why <see cref="Read"/> returned false; <see cref="BsonFault.None"/> at the document's end.</summary>
    public BsonFault Fault { get; private set; }

    /// <summary>The current field's type.</summary>
    public BsonType Type { get; private set; }

    /// <summary>The current field's name as UTF-8, without its closing zero.</summary>
    public readonly ReadOnlySpan<byte> Name => _document[_nameStart..(ValueOffset - 1)];

    /// <summary>Where <see cref="Value"/> begins, counted from the document's first byte.</summary>
    public int ValueOffset { get; private set; }

    /// <summary>The current field's value as it stands in BSON, its own length prefix included.</summary>
    public readonly ReadOnlySpan<byte> Value => _document[ValueOffset.._next];

    /// <summary>Moves to the next field; false at the end, or at a fault (see <see cref="Fault"/>).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Read()
    {
        if (Fault != BsonFault.None) return false;
        var document = _document;
        var type = document[_next];
        if (type == 0) return End();
        var nameStart = _next + 1;
        var nameEnd = EndOfName(document, nameStart);
        // The document's closing zero ends no name: a name that reaches it leaves no room for a value or for the end.
        if (nameEnd >= document.Length - 1) return Stop(BsonFault.Name);
        var valueStart = nameEnd + 1;
        var rest = document[valueStart..^1];
        var length = type == (byte)BsonType.String ? TextLength(rest) : LengthOf(type, rest);
        if (length < 0) return Stop(length == NoSuchType ? BsonFault.UnknownType : BsonFault.Value);
        Type = (BsonType)type;
        ValueOffset = valueStart;
        _nameStart = nameStart;
        _next = valueStart + length;
        return true;
    }

    /// <summary>Finds a top-level field; false when there is none, or when a fault comes before it.</summary>
    public static bool TryFind(
        ReadOnlySpan<byte> document, ReadOnlySpan<byte> name, out BsonType type, out ReadOnlySpan<byte> value)
    {
        var reader = new BsonSpanReader(document);
        while (reader.Read())
        {
            if (!reader.Name.SequenceEqual(name)) continue;
            type = reader.Type;
            value = reader.Value;
            return true;
        }

        type = default;
        value = default;
        return false;
    }

    /// <summary>Walks the whole document, subdocuments included.</summary>
    public static BsonFault Check(ReadOnlySpan<byte> document) => CheckAt(document, 1);

    private static BsonFault CheckAt(ReadOnlySpan<byte> document, int depth)
    {
        if (depth > MaxDepth) return BsonFault.Depth;
        var reader = new BsonSpanReader(document);
        while (reader.Read())
        {
            var fault = reader.Type switch
            {
                BsonType.Document or BsonType.Array => CheckAt(reader.Value, depth + 1),
                BsonType.JavaScriptWithScope => CheckAt(ScopeOf(reader.Value), depth + 1),
                _ => BsonFault.None,
            };
            if (fault != BsonFault.None) return fault;
        }

        return reader.Fault;
    }

    /// <summary>The scope document of a value of type <see cref="BsonType.JavaScriptWithScope"/>.</summary>
    public static ReadOnlySpan<byte> ScopeOf(ReadOnlySpan<byte> codeWithScope) =>
        codeWithScope[(2 * sizeof(int) + BinaryPrimitives.ReadInt32LittleEndian(codeWithScope[sizeof(int)..]))..];

    /// <summary>The text of a value of type string, symbol or code, as UTF-8 without its length and closing zero.</summary>
    public static ReadOnlySpan<byte> TextOf(ReadOnlySpan<byte> value) => value[sizeof(int)..^1];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static BsonFault CheckFrame(ReadOnlySpan<byte> document)
    {
        if (document.Length < SmallestDocument) return BsonFault.Truncated;
        var length = BinaryPrimitives.ReadInt32LittleEndian(document);
        if (length > document.Length) return BsonFault.Truncated;
        if (length != document.Length) return BsonFault.Length;
        return document[^1] == 0 ? BsonFault.None : BsonFault.Terminator;
    }

    /// <summary>Where the first zero from <paramref name="start"/> on is; the document's length when there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int EndOfName(ReadOnlySpan<byte> document, int start)
    {
        // Nearly all names are this short, and to call a search costs more than to look at once.
        if (document.Length - start >= Vector128<byte>.Count)
        {
            var bytes = Vector128.Create(document.Slice(start, Vector128<byte>.Count));
            var zeros = Vector128.Equals(bytes, Vector128<byte>.Zero).ExtractMostSignificantBits();
            if (zeros != 0) return start + BitOperations.TrailingZeroCount(zeros);
        }

        var length = document[start..].IndexOf((byte)0);
        return length < 0 ? document.Length : start + length;
    }

    private bool End() => _next == _document.Length - 1 ? false : Stop(BsonFault.Terminator);

    private bool Stop(BsonFault fault)
    {
        Fault = fault;
        return false;
    }

    private const int NoSuchType = -2;
    private const int Misfit = -1;

    /// <summary>How many of <paramref name="rest"/>'s first bytes are the value, or a negative number.</summary>
    private static int LengthOf(byte type, ReadOnlySpan<byte> rest)
    {
        var length = (BsonType)type switch
        {
            BsonType.Null or BsonType.Undefined or BsonType.MinKey or BsonType.MaxKey => 0,
            BsonType.Boolean => rest.Length > 0 && rest[0] <= 1 ? 1 : Misfit,
            BsonType.Int32 => 4,
            BsonType.Double or BsonType.DateTime or BsonType.Timestamp or BsonType.Int64 => 8,
            BsonType.ObjectId => 12,
            BsonType.Decimal128 => 16,
            BsonType.String or BsonType.JavaScript or BsonType.Symbol => TextLength(rest),
            BsonType.Document or BsonType.Array => DocumentLength(rest),
            BsonType.Binary => BinaryLength(rest),
            BsonType.RegularExpression => RegexLength(rest),
            (BsonType)0x0C => PointerLength(rest),
            BsonType.JavaScriptWithScope => CodeWithScopeLength(rest),
            _ => NoSuchType,
        };
        return length > rest.Length ? Misfit : length;
    }

    /// <summary>int32 length with closing zero, text, zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int TextLength(ReadOnlySpan<byte> rest)
    {
        if (rest.Length < sizeof(int)) return Misfit;
        var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
        if (length < 1 || length > rest.Length - sizeof(int)) return Misfit;
        return rest[sizeof(int) + length - 1] == 0 ? sizeof(int) + length : Misfit;
    }

    private static int DocumentLength(ReadOnlySpan<byte> rest)
    {
        if (rest.Length < SmallestDocument) return Misfit;
        var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
        return length >= SmallestDocument ? length : Misfit;
    }

    /// <summary>int32 length of the data, subtype, data.</summary>
    private static int BinaryLength(ReadOnlySpan<byte> rest)
    {
        if (rest.Length < sizeof(int) + 1) return Misfit;
        var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
        return length >= 0 && length <= rest.Length - sizeof(int) - 1 ? sizeof(int) + 1 + length : Misfit;
    }

    /// <summary>Two zero-terminated texts.</summary>
    private static int RegexLength(ReadOnlySpan<byte> rest)
    {
        var pattern = rest.IndexOf((byte)0);
        if (pattern < 0) return Misfit;
        var options = rest[(pattern + 1)..].IndexOf((byte)0);
        return options < 0 ? Misfit : pattern + options + 2;
    }

    /// <summary>A text and an ObjectId.</summary>
    private static int PointerLength(ReadOnlySpan<byte> rest)
    {
        var text = TextLength(rest);
        return text < 0 ? Misfit : text + 12;
    }

    /// <summary>int32 length of all of it, a text, a document; the parts must fill it.</summary>
    private static int CodeWithScopeLength(ReadOnlySpan<byte> rest)
    {
        if (rest.Length < sizeof(int)) return Misfit;
        var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
        if (length < sizeof(int) || length > rest.Length) return Misfit;
        var code = TextLength(rest[sizeof(int)..length]);
        if (code < 0) return Misfit;
        return DocumentLength(rest[(sizeof(int) + code)..length]) == length - sizeof(int) - code ? length : Misfit;
    }
}
