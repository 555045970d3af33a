using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace Migration.Worker.Enrichment.Values;

/// <summary>
/// PostgreSQL's binary numeric: the count of digits of base 10,000, the first one's power, the sign, the digits after the
/// decimal point, and the digits.
/// </summary>
internal static class NumericField
{
    private const int Negative = 0x4000;
    private const int Positive = 0;

    /// <exception cref="OverflowException">A decimal does not hold it as it is.</exception>
    public static decimal Read(ReadOnlySpan<byte> field)
    {
        var (count, weight) = (BinaryPrimitives.ReadInt16BigEndian(field), BinaryPrimitives.ReadInt16BigEndian(field[2..]));
        var (sign, scale) = (BinaryPrimitives.ReadUInt16BigEndian(field[4..]), BinaryPrimitives.ReadInt16BigEndian(field[6..]));
        if (sign is not (Positive or Negative) || scale > 28) throw new OverflowException();
        var whole = BigInteger.Zero;
        for (var i = 0; i < count; i++) whole = whole * 10_000 + BinaryPrimitives.ReadInt16BigEndian(field[(8 + 2 * i)..]);

        // Digits after the decimal point that the digits of base 10,000 bring, against those that the number has.
        var brought = 4 * (count - 1 - weight);
        if (brought < scale) whole *= BigInteger.Pow(10, scale - brought);
        else whole /= BigInteger.Pow(10, brought - scale);
        if (whole.GetBitLength() > 96) throw new OverflowException();
        var value = new decimal(Low(whole, 0), Low(whole, 32), Low(whole, 64), sign == Negative, (byte)scale);
        return value;
    }

    private static int Low(BigInteger whole, int shift) => unchecked((int)(uint)((whole >> shift) & uint.MaxValue));

    /// <summary>Without an exponent, zeros at the end kept.</summary>
    public static string Text(decimal value) => value.ToString(CultureInfo.InvariantCulture);
}
