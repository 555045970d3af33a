using System.Buffers.Binary;
using System.Numerics;
using MongoDB.Bson;

namespace Migration.Worker.Sources;

/// <summary>
/// A BSON number of any of the four types, compared with the others by its exact value as MongoDB does: the double 0.1
/// is greater than the Decimal128 0.1. NaN equals NaN and is less than every number; -0 equals 0.
/// </summary>
internal readonly struct BsonNumber : IComparable<BsonNumber>
{
    private static readonly UInt128 s_greatestCoefficient = UInt128.Parse("9999999999999999999999999999999999", null);

    private enum Kind
    {
        NaN,
        NegativeInfinity,
        Finite,
        PositiveInfinity,
    }

    private readonly Kind _kind;
    private readonly BsonType _type;
    private readonly long _long;
    private readonly double _double;
    private readonly Int128 _coefficient;
    private readonly int _exponent;

    private BsonNumber(long value) => (_kind, _type, _long) = (Kind.Finite, BsonType.Int64, value);

    private BsonNumber(double value)
    {
        _kind = double.IsNaN(value) ? Kind.NaN
            : double.IsFinite(value) ? Kind.Finite
            : value > 0 ? Kind.PositiveInfinity : Kind.NegativeInfinity;
        (_type, _double) = (BsonType.Double, value);
    }

    // IEEE 754-2008 decimal128 in the binary integer encoding, as the BSON specification lays it out.
    private BsonNumber(ulong high, ulong low)
    {
        _type = BsonType.Decimal128;
        var negative = high >> 63 != 0;
        if ((high >> 58 & 0x1F) is var special and >= 0x1E)
        {
            _kind = special == 0x1F ? Kind.NaN : negative ? Kind.NegativeInfinity : Kind.PositiveInfinity;
            return;
        }

        _kind = Kind.Finite;
        if ((high >> 61 & 3) == 3)
            return; // The long form's coefficients are all above the greatest allowed one, and so mean zero.
        var coefficient = new UInt128(high & 0x1_FFFF_FFFF_FFFF, low);
        if (coefficient > s_greatestCoefficient)
            return;
        _coefficient = negative ? -(Int128)coefficient : (Int128)coefficient;
        _exponent = (int)(high >> 49 & 0x3FFF) - 6176;
    }

    public bool IsNaN => _kind == Kind.NaN;

    public static bool IsNumber(BsonType type) => type is BsonType.Double or BsonType.Int32 or BsonType.Int64 or BsonType.Decimal128;

    public static BsonNumber Read(BsonType type, ReadOnlySpan<byte> value) => type switch
    {
        BsonType.Double => new BsonNumber(BinaryPrimitives.ReadDoubleLittleEndian(value)),
        BsonType.Int32 => new BsonNumber(BinaryPrimitives.ReadInt32LittleEndian(value)),
        BsonType.Int64 => new BsonNumber(BinaryPrimitives.ReadInt64LittleEndian(value)),
        BsonType.Decimal128 => new BsonNumber(BinaryPrimitives.ReadUInt64LittleEndian(value[8..]), BinaryPrimitives.ReadUInt64LittleEndian(value)),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "not a number"),
    };

    public int CompareTo(BsonNumber other)
    {
        if (_kind != other._kind || _kind != Kind.Finite)
            return _kind.CompareTo(other._kind);
        if (_type == BsonType.Int64 && other._type == BsonType.Int64)
            return _long.CompareTo(other._long);
        if (_type == BsonType.Double && other._type == BsonType.Double)
            return _double.CompareTo(other._double);
        return CompareExactly(this, other);
    }

    private static int CompareExactly(BsonNumber left, BsonNumber right)
    {
        var (leftMantissa, leftTwos, leftTens) = left.Parts();
        var (rightMantissa, rightTwos, rightTens) = right.Parts();
        if (leftMantissa.Sign != rightMantissa.Sign || leftMantissa.IsZero)
            return leftMantissa.Sign.CompareTo(rightMantissa.Sign);
        // Both sides are brought to whole numbers of the smaller powers of two and ten.
        var twos = Math.Min(leftTwos, rightTwos);
        var tens = Math.Min(leftTens, rightTens);
        return Scale(leftMantissa, leftTwos - twos, leftTens - tens).CompareTo(Scale(rightMantissa, rightTwos - twos, rightTens - tens));
    }

    private static BigInteger Scale(BigInteger mantissa, int twos, int tens) =>
        (tens == 0 ? mantissa : mantissa * BigInteger.Pow(10, tens)) << twos;

    /// <summary>The value as mantissa * 2^twos * 10^tens.</summary>
    private (BigInteger Mantissa, int Twos, int Tens) Parts()
    {
        if (_type == BsonType.Int64)
            return (_long, 0, 0);
        if (_type == BsonType.Decimal128)
            return (_coefficient, 0, _exponent);
        var bits = BitConverter.DoubleToInt64Bits(_double);
        var exponent = (int)(bits >> 52 & 0x7FF);
        var fraction = bits & 0xF_FFFF_FFFF_FFFF;
        var mantissa = exponent == 0 ? fraction : fraction | 1L << 52;
        return (bits < 0 ? -mantissa : mantissa, Math.Max(exponent, 1) - 1075, 0);
    }
}
