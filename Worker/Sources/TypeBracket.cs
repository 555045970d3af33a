using System.Buffers.Binary;
using MongoDB.Bson;

namespace Migration.Worker.Sources;

/// <summary>
/// A set of values that range operators compare with each other and with nothing else. <c>$gte</c> and <c>$lte</c> see
/// only values of the bracket of their operand, so one range filter can never read a collection whose keys are of
/// several brackets.
/// </summary>
/// <remarks>
/// NaN stands apart from the numbers: it sorts below all of them, but no number's range contains it. Null, MinKey and
/// MaxKey are read by equality too: <c>$gte: MinKey</c> matches every record there is.
/// </remarks>
internal sealed class TypeBracket
{
    // In MongoDB's order of types, which is also the order of the walk.
    public static readonly TypeBracket MinKey = new("minKey", BsonMinKey.Value) { IsSingle = true };
    public static readonly TypeBracket Undefined = new("undefined", (byte[]?)null);
    public static readonly TypeBracket Null = new("null", BsonNull.Value) { IsSingle = true };
    public static readonly TypeBracket NaN = new("nan", double.NaN) { IsSingle = true };
    public static readonly TypeBracket Number = new("number", double.NegativeInfinity);
    public static readonly TypeBracket String = new("string", "");
    public static readonly TypeBracket Object = new("object", new BsonDocument());
    public static readonly TypeBracket Array = new("array", (byte[]?)null);
    public static readonly TypeBracket Binary = new("binData", new BsonBinaryData([]));
    public static readonly TypeBracket ObjectId = new("objectId", MongoDB.Bson.ObjectId.Empty);
    public static readonly TypeBracket Boolean = new("bool", false);
    public static readonly TypeBracket Date = new("date", new BsonDateTime(long.MinValue));
    public static readonly TypeBracket Timestamp = new("timestamp", new BsonTimestamp(0));
    public static readonly TypeBracket Regex = new("regex", (byte[]?)null);
    public static readonly TypeBracket DbPointer = new("dbPointer", [0x0C, 0, 1, 0, 0, 0, .. new byte[13]]);
    public static readonly TypeBracket Code = new("javascript", new BsonJavaScript(""));
    public static readonly TypeBracket CodeWithScope = new("javascriptWithScope", new BsonJavaScriptWithScope("", []));
    public static readonly TypeBracket MaxKey = new("maxKey", BsonMaxKey.Value) { IsSingle = true };

    /// <summary>For records of a dump that have no <c>_id</c>, or none that can be read.</summary>
    public static readonly TypeBracket None = new("none", (byte[]?)null);

    /// <summary>Every bracket that a key on a server can be of, in MongoDB's order.</summary>
    public static readonly IReadOnlyList<TypeBracket> OfServerKeys =
    [
        MinKey, Null, NaN, Number, String, Object, Binary, ObjectId, Boolean, Date, Timestamp, DbPointer, Code, CodeWithScope, MaxKey,
    ];

    private static int s_lastRank;
    private readonly byte[]? _lowest;

    private TypeBracket(string name, BsonValue? lowest)
        : this(name, lowest is null ? null : new BsonDocument("", lowest).ToBson()[4..^1])
    {
    }

    private TypeBracket(string name, byte[]? lowest)
    {
        Name = name;
        _lowest = lowest;
        Rank = s_lastRank++;
    }

    /// <summary>As it stands in a key range: MongoDB's alias of the type where it has one.</summary>
    public string Name { get; }

    /// <summary>Its place in the order of types.</summary>
    public int Rank { get; }

    /// <summary>True when all of its values are equal, so that it is read by equality and has no range.</summary>
    public bool IsSingle { get; private init; }

    /// <summary>The least value, with an empty name; only for brackets of <see cref="OfServerKeys"/>.</summary>
    public RawElement Lowest => new(_lowest, 0);

    public static TypeBracket Of(RawElement element) => element.IsMissing ? None : Of(element.Type, element.Value);

    public static TypeBracket Of(BsonType type, ReadOnlySpan<byte> value) => (int)type switch
    {
        0x01 => double.IsNaN(BinaryPrimitives.ReadDoubleLittleEndian(value)) ? NaN : Number,
        0x13 => BsonNumber.Read(type, value).IsNaN ? NaN : Number,
        0x10 or 0x12 => Number,
        0x02 or 0x0E => String,
        0x03 => Object,
        0x04 => Array,
        0x05 => Binary,
        0x06 => Undefined,
        0x07 => ObjectId,
        0x08 => Boolean,
        0x09 => Date,
        0x0A => Null,
        0x0B => Regex,
        0x0C => DbPointer,
        0x0D => Code,
        0x0F => CodeWithScope,
        0x11 => Timestamp,
        0x7F => MaxKey,
        0xFF => MinKey,
        var unknown => throw new FormatException($"BSON type 0x{unknown:X2} does not exist"),
    };

    public override string ToString() => Name;
}
