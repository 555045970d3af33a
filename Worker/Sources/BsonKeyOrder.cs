using System.Buffers.Binary;
using MongoDB.Bson;

namespace Migration.Worker.Sources;

/// <summary>
/// MongoDB's order of BSON values without a collation, on raw bytes: first the order of the types, then the type's own
/// (MongoDB manual, "Comparison/Sort Order"; ties and details as the server's <c>BSONElement::compareElements</c>).
/// </summary>
internal static class BsonKeyOrder
{
    public static int Compare(BsonValue left, BsonValue right)
    {
        ReadOnlySpan<byte> leftDocument = new BsonDocument("", left).ToBson();
        ReadOnlySpan<byte> rightDocument = new BsonDocument("", right).ToBson();
        return Compare(RawBson.Find(leftDocument, ""u8), RawBson.Find(rightDocument, ""u8));
    }

    /// <summary>Compares the values; names are left out of it.</summary>
    public static int Compare(RawElement left, RawElement right) => Compare(left, right, 0);

    /// <summary>Types of one class are compared with each other, and are what range operators see together (NaN apart).</summary>
    public static int TypeClass(RawElement element) => element.IsMissing ? 0 : (int)element.Type switch
    {
        0xFF => -1,
        0x06 => 0,
        0x0A => 5,
        0x01 or 0x10 or 0x12 or 0x13 => 10,
        0x02 or 0x0E => 15,
        0x03 => 20,
        0x04 => 25,
        0x05 => 30,
        0x07 => 35,
        0x08 => 40,
        0x09 => 45,
        0x11 => 47,
        0x0B => 50,
        0x0C => 55,
        0x0D => 60,
        0x0F => 65,
        0x7F => 127,
        var unknown => throw new FormatException($"BSON type 0x{unknown:X2} does not exist"),
    };

    private static int Compare(RawElement left, RawElement right, int depth)
    {
        var typeClass = TypeClass(left);
        if (typeClass.CompareTo(TypeClass(right)) is not 0 and var byType)
            return byType;
        ReadOnlySpan<byte> a = left.Value, b = right.Value;
        return typeClass switch
        {
            -1 or 0 or 5 or 127 => 0,
            10 => BsonNumber.Read(left.Type, a).CompareTo(BsonNumber.Read(right.Type, b)),
            15 or 60 => Text(a).SequenceCompareTo(Text(b)),
            20 or 25 => CompareDocuments(a, b, depth + 1),
            30 or 55 => CompareSized(a, b),
            45 => BinaryPrimitives.ReadInt64LittleEndian(a).CompareTo(BinaryPrimitives.ReadInt64LittleEndian(b)),
            47 => BinaryPrimitives.ReadUInt64LittleEndian(a).CompareTo(BinaryPrimitives.ReadUInt64LittleEndian(b)),
            65 => CompareScoped(a, b, depth + 1),
            _ => a.SequenceCompareTo(b), // object ids, booleans, regular expressions: the bytes in their order
        };
    }

    /// <summary>Field by field: type, then name, then value; the shorter is less when all it has is equal.</summary>
    private static int CompareDocuments(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, int depth)
    {
        if (depth > RawBson.MaxDepth)
            throw new FormatException($"nested deeper than {RawBson.MaxDepth} levels");
        RawBson leftFields = new(left), rightFields = new(right);
        while (true)
        {
            bool hasLeft = leftFields.MoveNext(), hasRight = rightFields.MoveNext();
            if (!hasLeft || !hasRight)
                return hasLeft.CompareTo(hasRight);
            if (CompareFields(leftFields.Current, rightFields.Current, depth) is not 0 and var order)
                return order;
        }
    }

    private static int CompareFields(RawElement left, RawElement right, int depth)
    {
        if (TypeClass(left).CompareTo(TypeClass(right)) is not 0 and var byType)
            return byType;
        return left.Name.SequenceCompareTo(right.Name) is not 0 and var byName ? byName : Compare(left, right, depth);
    }

    /// <summary>Length first, then subtype and bytes.</summary>
    private static int CompareSized(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        left.Length.CompareTo(right.Length) is not 0 and var byLength ? byLength : left[4..].SequenceCompareTo(right[4..]);

    private static int CompareScoped(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, int depth)
    {
        var (leftCode, leftScope) = (CodeLength(left), ScopeStart(left));
        var (rightCode, rightScope) = (CodeLength(right), ScopeStart(right));
        var byCode = left.Slice(8, leftCode).SequenceCompareTo(right.Slice(8, rightCode));
        return byCode != 0 ? byCode : CompareDocuments(left[leftScope..], right[rightScope..], depth);
    }

    // code with scope: int32 whole length, string (int32 length with its NUL, bytes, NUL), document.
    private static int CodeLength(ReadOnlySpan<byte> value)
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(value[4..]);
        return length >= 1 && length <= value.Length - 13 ? length - 1 : throw new FormatException("a code's length is impossible");
    }

    private static int ScopeStart(ReadOnlySpan<byte> value) => 8 + CodeLength(value) + 1;

    private static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> value) => value[4..^1];
}
