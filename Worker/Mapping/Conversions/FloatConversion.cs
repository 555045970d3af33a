using System.Buffers.Binary;
using Migration.Worker.Targets;
using MongoDB.Bson;

namespace Migration.Worker.Mapping.Conversions;

/// <summary>
/// float8: doubles as they are, whole numbers that a double holds exactly, and a Decimal128 whose value is the
/// shortest decimal of a double (1.1 is, although no double is exactly 1.1).
/// </summary>
internal sealed class Float8Conversion : ColumnConversion
{
    public override Refusal? Write(BsonType type, ReadOnlySpan<byte> value, RowBuffer rows)
    {
        if (Read(type, value, out var number) is { } refusal) return refusal;
        BinaryPrimitives.WriteDoubleBigEndian(rows.AppendField(sizeof(double)), number);
        return null;
    }

    private static Refusal? Read(BsonType type, ReadOnlySpan<byte> value, out double number)
    {
        number = 0;
        switch (type)
        {
            case BsonType.Double:
                number = ScalarText.ReadDouble(value);
                return null;
            case BsonType.Int32:
                number = ScalarText.ReadInt32(value);
                return null;
            case BsonType.Int64:
                var integer = ScalarText.ReadInt64(value);
                number = integer;
                return (Int128)number == integer ? null : Refusal.Inexact;
            case BsonType.Decimal128:
                number = DecimalText.Parse<double>(value, out var kind, out var exact);
                if (kind != DecimalKind.Finite) return null;
                return double.IsFinite(number) && ExactDecimal.Shortest(number).HasValueOf(exact) ? null : Refusal.Inexact;
            default:
                return Refusal.WrongType;
        }
    }
}

/// <summary>float4: only what a single-precision number holds exactly; a Decimal128 by its shortest decimal.</summary>
internal sealed class Float4Conversion : ColumnConversion
{
    public override Refusal? Write(BsonType type, ReadOnlySpan<byte> value, RowBuffer rows)
    {
        if (Read(type, value, out var number) is { } refusal) return refusal;
        BinaryPrimitives.WriteSingleBigEndian(rows.AppendField(sizeof(float)), number);
        return null;
    }

    private static Refusal? Read(BsonType type, ReadOnlySpan<byte> value, out float number)
    {
        number = 0;
        switch (type)
        {
            case BsonType.Double:
                var wide = ScalarText.ReadDouble(value);
                number = (float)wide;
                return number == wide || double.IsNaN(wide) ? null : Refusal.Inexact;
            case BsonType.Int32:
            case BsonType.Int64:
                var integer = type == BsonType.Int32 ? ScalarText.ReadInt32(value) : ScalarText.ReadInt64(value);
                number = integer;
                return (Int128)number == integer ? null : Refusal.Inexact;
            case BsonType.Decimal128:
                number = DecimalText.Parse<float>(value, out var kind, out var exact);
                if (kind != DecimalKind.Finite) return null;
                return float.IsFinite(number) && ExactDecimal.Shortest(number).HasValueOf(exact) ? null : Refusal.Inexact;
            default:
                return Refusal.WrongType;
        }
    }
}
