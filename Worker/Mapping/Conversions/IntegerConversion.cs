using System.Buffers.Binary;
using Migration.Worker.Targets;
using MongoDB.Bson;

namespace Migration.Worker.Mapping.Conversions;

/// <summary>int2, int4 and int8: every number that is a whole number in range.</summary>
/// <param name="size">Bytes: 2, 4 or 8.</param>
internal sealed class IntegerConversion(int size) : ColumnConversion
{
    public override Refusal? Write(BsonType type, ReadOnlySpan<byte> value, RowBuffer rows)
    {
        long number;
        switch (type)
        {
            case BsonType.Int32: number = ScalarText.ReadInt32(value); break;
            case BsonType.Int64: number = ScalarText.ReadInt64(value); break;
            case BsonType.Double:
                if (FromDouble(ScalarText.ReadDouble(value), out number) is { } refusal) return refusal;
                break;
            case BsonType.Decimal128:
                if (FromDecimal(value, out number) is { } refused) return refused;
                break;
            default: return Refusal.WrongType;
        }

        return WriteInteger(number, rows);
    }

    private Refusal? WriteInteger(long number, RowBuffer rows)
    {
        switch (size)
        {
            case sizeof(long):
                BinaryPrimitives.WriteInt64BigEndian(rows.AppendField(sizeof(long)), number);
                return null;
            case sizeof(int) when number == (int)number:
                BinaryPrimitives.WriteInt32BigEndian(rows.AppendField(sizeof(int)), (int)number);
                return null;
            case sizeof(short) when number == (short)number:
                BinaryPrimitives.WriteInt16BigEndian(rows.AppendField(sizeof(short)), (short)number);
                return null;
            default:
                return Refusal.OutOfRange;
        }
    }

    private static Refusal? FromDouble(double value, out long number)
    {
        number = 0;
        if (!double.IsFinite(value)) return Refusal.OutOfRange;
        if (Math.Floor(value) != value) return Refusal.Inexact;
        // Both bounds are exact as doubles: -2^63 is in range, 2^63 is not.
        if (value is < -9223372036854775808.0 or >= 9223372036854775808.0) return Refusal.OutOfRange;
        number = (long)value;
        return null;
    }

    private static Refusal? FromDecimal(ReadOnlySpan<byte> value, out long number)
    {
        number = 0;
        if (ExactDecimal.Read(value, out var exact) != DecimalKind.Finite) return Refusal.OutOfRange;
        if (exact.TryToInt64(out number, out var fraction)) return null;
        return fraction ? Refusal.Inexact : Refusal.OutOfRange;
    }
}
