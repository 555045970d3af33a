using System.Globalization;
using System.Numerics;
using Migration.Worker.Mapping.Conversions;
using MongoDB.Bson;

namespace Migration.Worker.Mapping.Unfit;

/// <summary>Digits times ten to the exponent, as wide as need be.</summary>
internal readonly record struct Scaled10(BigInteger Digits, int Exponent)
{
    public static Scaled10 Of(ExactDecimal number) =>
        new(number.Negative ? -(BigInteger)number.Coefficient : (BigInteger)number.Coefficient, number.Exponent);

    public static Scaled10 Of(Decimal128 number)
    {
        ExactDecimal.Read(ColumnValue.Of(number).Bytes, out var exact);
        return Of(exact);
    }

    /// <summary>With no digit more than <paramref name="places"/> after the point.</summary>
    /// <param name="half">Halves away from zero, as PostgreSQL rounds numerics; else towards zero.</param>
    public Scaled10 ToPlaces(int places, bool half)
    {
        var excess = -Exponent - places;
        if (excess <= 0) return this;
        var power = BigInteger.Pow(10, excess);
        var cut = BigInteger.DivRem(Digits, power, out var rest);
        var isUp = half && BigInteger.Abs(rest) * 2 >= power;
        return new Scaled10(isUp ? cut + Digits.Sign : cut, -places);
    }

    public int CompareTo(Scaled10 other)
    {
        var lowest = Math.Min(Exponent, other.Exponent);
        return (Digits * BigInteger.Pow(10, Exponent - lowest)).CompareTo(other.Digits * BigInteger.Pow(10, other.Exponent - lowest));
    }

    public double ToDouble() => double.Parse(string.Create(CultureInfo.InvariantCulture, $"{Digits}E{Exponent}"), CultureInfo.InvariantCulture);
}
