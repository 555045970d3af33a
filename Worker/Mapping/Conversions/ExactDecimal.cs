using System.Buffers.Binary;
using System.Globalization;

namespace Migration.Worker.Mapping.Conversions;

/// <summary>
/// A decimal number without loss: coefficient times ten to the exponent. Holds every finite Decimal128 and the
/// shortest decimal that reads back as a given double.
/// </summary>
internal readonly struct ExactDecimal(bool negative, UInt128 coefficient, int exponent)
{
    /// <summary>Ten to the powers that fit: 0 to 38.</summary>
    private static readonly UInt128[] Powers = MakePowers();

    // IEEE 754-2008's decimal128 in binary integer form, as BSON has it.
    private const int Bias = 6176;
    private static readonly UInt128 LargestCoefficient = Powers[34] - 1;

    public bool Negative { get; } = negative;

    public UInt128 Coefficient { get; } = coefficient;

    public int Exponent { get; } = exponent;

    public bool IsZero => Coefficient == UInt128.Zero;

    /// <summary>Decimal digits of the coefficient; 1 for zero.</summary>
    public int Digits => CountDigits(Coefficient);

    public static ExactDecimal Of(long value) => new(value < 0, (UInt128)(Int128.Abs(value)), 0);

    /// <summary>Reads 16 bytes of BSON; anything but <see cref="DecimalKind.Finite"/> has no number.</summary>
    public static DecimalKind Read(ReadOnlySpan<byte> decimal128, out ExactDecimal number)
    {
        var low = BinaryPrimitives.ReadUInt64LittleEndian(decimal128);
        var high = BinaryPrimitives.ReadUInt64LittleEndian(decimal128[sizeof(ulong)..]);
        var negative = high >> 63 != 0;
        number = default;
        if ((high >> 61 & 3) != 3)
        {
            var coefficient = new UInt128(high & 0x1_FFFF_FFFF_FFFF, low);
            // A coefficient of more than 34 digits is not canonical and counts as zero.
            if (coefficient > LargestCoefficient) coefficient = UInt128.Zero;
            number = new ExactDecimal(negative, coefficient, (int)(high >> 49 & 0x3FFF) - Bias);
            return DecimalKind.Finite;
        }

        if ((high >> 59 & 0xF) == 0xF)
        {
            if ((high >> 58 & 1) != 0) return DecimalKind.NaN;
            return negative ? DecimalKind.NegativeInfinity : DecimalKind.PositiveInfinity;
        }

        // The second form begins its coefficient with 100 in binary, which is always beyond 34 digits: zero.
        number = new ExactDecimal(negative, UInt128.Zero, (int)(high >> 47 & 0x3FFF) - Bias);
        return DecimalKind.Finite;
    }

    /// <summary>The shortest decimal that reads back as <paramref name="value"/>, which must be finite.</summary>
    public static ExactDecimal Shortest(double value)
    {
        Span<byte> text = stackalloc byte[32];
        value.TryFormat(text, out var length, default, CultureInfo.InvariantCulture);
        return Parse(text[..length]);
    }

    /// <summary>The shortest decimal that reads back as <paramref name="value"/>, which must be finite.</summary>
    public static ExactDecimal Shortest(float value)
    {
        Span<byte> text = stackalloc byte[32];
        value.TryFormat(text, out var length, default, CultureInfo.InvariantCulture);
        return Parse(text[..length]);
    }

    /// <summary>Digits, at most one point, perhaps an exponent; as .NET writes floating point numbers.</summary>
    private static ExactDecimal Parse(ReadOnlySpan<byte> text)
    {
        var negative = text[0] == '-';
        var coefficient = 0UL;
        var exponent = 0;
        var seenPoint = false;
        for (var i = negative ? 1 : 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == 'E')
            {
                exponent += int.Parse(text[(i + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
                break;
            }

            if (c == '.')
            {
                seenPoint = true;
                continue;
            }

            coefficient = coefficient * 10 + (ulong)(c - '0');
            if (seenPoint) exponent--;
        }

        return new ExactDecimal(negative, coefficient, exponent);
    }

    /// <summary>False when the number has a fraction or does not fit; <paramref name="fraction"/> tells which.</summary>
    public bool TryToInt64(out long value, out bool fraction)
    {
        value = 0;
        fraction = false;
        if (IsZero) return true;
        if (!TryToInteger(out var magnitude, out fraction)) return false;
        if (magnitude > (UInt128)long.MaxValue + (Negative ? 1u : 0u)) return false;
        value = Negative ? unchecked((long)(0 - (ulong)magnitude)) : (long)magnitude;
        return true;
    }

    /// <summary>True when both are the same number, however they are written.</summary>
    public bool HasValueOf(ExactDecimal other)
    {
        if (IsZero || other.IsZero) return IsZero && other.IsZero;
        var (a, b) = (Normalized(), other.Normalized());
        return a.Negative == b.Negative && a.Coefficient == b.Coefficient && a.Exponent == b.Exponent;
    }

    /// <summary>True when no digit other than zero stands more than <paramref name="scale"/> places after the point.</summary>
    public bool FitsScale(int scale)
    {
        var excess = -Exponent - scale;
        if (excess <= 0 || IsZero) return true;
        return excess < Powers.Length && Coefficient % Powers[excess] == UInt128.Zero;
    }

    public static UInt128 PowerOfTen(int power) => Powers[power];

    private bool TryToInteger(out UInt128 magnitude, out bool fraction)
    {
        magnitude = UInt128.Zero;
        fraction = Exponent < 0 && !FitsScale(0);
        if (fraction || Digits + Exponent > 19) return false;
        magnitude = Exponent < 0 ? Coefficient / Powers[-Exponent] : Coefficient * Powers[Exponent];
        return true;
    }

    private ExactDecimal Normalized()
    {
        var (coefficient, exponent) = (Coefficient, Exponent);
        while (coefficient % 10 == UInt128.Zero)
        {
            coefficient /= 10;
            exponent++;
        }

        return new ExactDecimal(Negative, coefficient, exponent);
    }

    private static int CountDigits(UInt128 value)
    {
        var digits = 1;
        while (digits < Powers.Length && value >= Powers[digits]) digits++;
        return digits;
    }

    private static UInt128[] MakePowers()
    {
        var powers = new UInt128[39];
        powers[0] = UInt128.One;
        for (var i = 1; i < powers.Length; i++) powers[i] = powers[i - 1] * 10;
        return powers;
    }
}

internal enum DecimalKind
{
    Finite,
    NaN,
    PositiveInfinity,
    NegativeInfinity,
}
