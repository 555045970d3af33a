using System.Buffers.Binary;
using System.Globalization;
using Migration.Worker.Targets;

namespace Migration.Worker.Mapping.Conversions;

/// <summary>Scalars as exact text, straight into a row.</summary>
internal static class ScalarText
{
    private const long FirstMillisecond = -62_135_596_800_000; // 0001-01-01T00:00:00.000Z
    private const long LastMillisecond = 253_402_300_799_999; // 9999-12-31T23:59:59.999Z

    public static void AppendNumber<T>(RowBuffer rows, T value)
        where T : IUtf8SpanFormattable
    {
        Span<byte> text = stackalloc byte[40];
        value.TryFormat(text, out var length, default, CultureInfo.InvariantCulture);
        rows.Append(text[..length]);
    }

    public static double ReadDouble(ReadOnlySpan<byte> value) => BinaryPrimitives.ReadDoubleLittleEndian(value);

    public static int ReadInt32(ReadOnlySpan<byte> value) => BinaryPrimitives.ReadInt32LittleEndian(value);

    public static long ReadInt64(ReadOnlySpan<byte> value) => BinaryPrimitives.ReadInt64LittleEndian(value);

    /// <summary>As BSON's Decimal128 specification writes it, which is IEEE 754's to-scientific-string.</summary>
    public static void AppendDecimal(RowBuffer rows, ReadOnlySpan<byte> decimal128)
    {
        switch (ExactDecimal.Read(decimal128, out var number))
        {
            case DecimalKind.NaN: rows.Append("NaN"u8); break;
            case DecimalKind.PositiveInfinity: rows.Append("Infinity"u8); break;
            case DecimalKind.NegativeInfinity: rows.Append("-Infinity"u8); break;
            default: AppendDecimal(rows, number); break;
        }
    }

    public static void AppendObjectId(RowBuffer rows, ReadOnlySpan<byte> value) =>
        Convert.TryToHexStringLower(value, rows.Append(value.Length * 2), out _);

    /// <summary>16 bytes in RFC 4122's order, lower case with hyphens.</summary>
    public static void AppendUuid(RowBuffer rows, ReadOnlySpan<byte> value) =>
        new Guid(value, bigEndian: true).TryFormat(rows.Append(36), out _);

    /// <summary>ISO 8601 in UTC with milliseconds; false (and nothing appended) outside the years 1 to 9999.</summary>
    public static bool TryAppendDate(RowBuffer rows, long milliseconds)
    {
        if (milliseconds is < FirstMillisecond or > LastMillisecond) return false;
        var date = DateTime.UnixEpoch.AddMilliseconds(milliseconds);
        var text = rows.Append(24);
        "0000-00-00T00:00:00.000Z"u8.CopyTo(text);
        PutDigits(text[..4], date.Year);
        PutDigits(text[5..7], date.Month);
        PutDigits(text[8..10], date.Day);
        PutDigits(text[11..13], date.Hour);
        PutDigits(text[14..16], date.Minute);
        PutDigits(text[17..19], date.Second);
        PutDigits(text[20..23], date.Millisecond);
        return true;
    }

    private static void PutDigits(Span<byte> place, int value)
    {
        for (var i = place.Length - 1; i >= 0; i--, value /= 10) place[i] = (byte)('0' + value % 10);
    }

    private static void AppendDecimal(RowBuffer rows, ExactDecimal number)
    {
        Span<byte> digits = stackalloc byte[40];
        number.Coefficient.TryFormat(digits, out var count, default, CultureInfo.InvariantCulture);
        digits = digits[..count];
        if (number.Negative) rows.AppendByte((byte)'-');
        var adjusted = number.Exponent + count - 1;
        if (number.Exponent > 0 || adjusted < -6) AppendScientific(rows, digits, adjusted);
        else AppendPlain(rows, digits, -number.Exponent);
    }

    private static void AppendScientific(RowBuffer rows, ReadOnlySpan<byte> digits, int adjusted)
    {
        rows.AppendByte(digits[0]);
        if (digits.Length > 1)
        {
            rows.AppendByte((byte)'.');
            rows.Append(digits[1..]);
        }

        rows.Append(adjusted < 0 ? "E"u8 : "E+"u8);
        AppendNumber(rows, adjusted);
    }

    private static void AppendPlain(RowBuffer rows, ReadOnlySpan<byte> digits, int scale)
    {
        if (digits.Length > scale)
        {
            rows.Append(digits[..^scale]);
            if (scale == 0) return;
            rows.AppendByte((byte)'.');
            rows.Append(digits[^scale..]);
            return;
        }

        rows.Append("0."u8);
        rows.Append(scale - digits.Length).Fill((byte)'0');
        rows.Append(digits);
    }
}
