using Migration.Worker.Targets;
using MongoDB.Bson;

namespace Migration.Worker.Mapping.Conversions;

/// <summary>numeric: every finite number that needs neither rounding nor more digits than the column has.</summary>
internal sealed class NumericConversion(int? precision, int? scale) : ColumnConversion
{
    private const int DigitsInGroup = 4;
    private const uint GroupBase = 10_000;
    private const short NegativeSign = 0x4000;

    private static readonly Refusal NotFinite = new(
        SqlStates.OutOfRange, "takes no NaN and no infinity here", Advice.ChangeType);

    public override Refusal? Write(BsonType type, ReadOnlySpan<byte> value, RowBuffer rows)
    {
        switch (type)
        {
            case BsonType.Int32: return WriteNumber(ExactDecimal.Of(ScalarText.ReadInt32(value)), rows);
            case BsonType.Int64: return WriteNumber(ExactDecimal.Of(ScalarText.ReadInt64(value)), rows);
            case BsonType.Double:
                var number = ScalarText.ReadDouble(value);
                return double.IsFinite(number) ? WriteNumber(ExactDecimal.Shortest(number), rows) : NotFinite;
            case BsonType.Decimal128:
                return ExactDecimal.Read(value, out var exact) == DecimalKind.Finite ? WriteNumber(exact, rows) : NotFinite;
            default: return Refusal.WrongType;
        }
    }

    private Refusal? WriteNumber(ExactDecimal number, RowBuffer rows)
    {
        if (precision is { } digits)
        {
            var places = scale ?? 0;
            if (!number.IsZero && number.Digits + number.Exponent > digits - places) return Refusal.OutOfRange;
            if (!number.FitsScale(places)) return Refusal.Inexact;
            Encode(number, (short)Math.Max(0, places), rows);
        }
        else
        {
            Encode(number, (short)Math.Max(0, -number.Exponent), rows);
        }

        return null;
    }

    /// <summary>
    /// PostgreSQL's own form (src/backend/utils/adt/numeric.c, numeric_recv): count of base-10000 digits, weight of
    /// the first, sign, places to show after the point, then the digits, most significant first. The exponent is first
    /// brought down to a multiple of four, so that a digit group of the coefficient is a digit of the result.
    /// </summary>
    private static void Encode(ExactDecimal number, short displayScale, RowBuffer rows)
    {
        var shift = (number.Exponent % DigitsInGroup + DigitsInGroup) % DigitsInGroup;
        Span<short> groups = stackalloc short[10];
        var count = Split(number.Coefficient * ExactDecimal.PowerOfTen(shift), groups, out var trailingZeros);
        // Groups stand least significant first; the lowest has this weight.
        var lowest = (number.Exponent - shift) / DigitsInGroup;
        var kept = count - trailingZeros;
        rows.AppendInt32(4 * sizeof(short) + kept * sizeof(short));
        rows.AppendInt16((short)kept);
        rows.AppendInt16((short)(kept == 0 ? 0 : lowest + count - 1));
        rows.AppendInt16(number.Negative && kept > 0 ? NegativeSign : (short)0);
        rows.AppendInt16(displayScale);
        for (var i = count - 1; i >= trailingZeros; i--) rows.AppendInt16(groups[i]);
    }

    private static int Split(UInt128 value, Span<short> groups, out int trailingZeros)
    {
        var count = 0;
        // 128-bit division is slow: leave it as soon as the rest fits a machine word.
        while (value > ulong.MaxValue)
        {
            (value, var group) = UInt128.DivRem(value, GroupBase);
            groups[count++] = (short)(ushort)group;
        }

        for (var rest = (ulong)value; rest > 0; rest /= GroupBase) groups[count++] = (short)(rest % GroupBase);
        trailingZeros = 0;
        while (trailingZeros < count && groups[trailingZeros] == 0) trailingZeros++;
        return count;
    }
}
