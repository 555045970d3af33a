using System.Globalization;
using System.Numerics;

namespace Migration.Worker.Mapping.Conversions;

/// <summary>The nearest binary floating point number of a Decimal128.</summary>
internal static class DecimalText
{
    public static T Parse<T>(ReadOnlySpan<byte> decimal128, out DecimalKind kind, out ExactDecimal exact)
        where T : IBinaryFloatingPointIeee754<T>
    {
        kind = ExactDecimal.Read(decimal128, out exact);
        return kind switch
        {
            DecimalKind.NaN => T.NaN,
            DecimalKind.PositiveInfinity => T.PositiveInfinity,
            DecimalKind.NegativeInfinity => T.NegativeInfinity,
            _ => Nearest<T>(exact),
        };
    }

    private static T Nearest<T>(ExactDecimal number)
        where T : IBinaryFloatingPointIeee754<T>
    {
        Span<byte> text = stackalloc byte[48];
        number.Coefficient.TryFormat(text, out var length, default, CultureInfo.InvariantCulture);
        text[length++] = (byte)'E';
        number.Exponent.TryFormat(text[length..], out var exponentLength, default, CultureInfo.InvariantCulture);
        var magnitude = T.Parse(text[..(length + exponentLength)], NumberStyles.AllowExponent, CultureInfo.InvariantCulture);
        return number.Negative ? -magnitude : magnitude;
    }
}
