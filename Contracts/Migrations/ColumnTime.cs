using System.Globalization;

namespace Migration.Contracts.Migrations;

/// <summary>A time of day as a document's text or a migration file gives it.</summary>
public static class ColumnTime
{
    private const long Second = 1_000_000;
    private const long Minute = 60 * Second;
    private const long Hour = 60 * Minute;
    private const long Day = 24 * Hour;

    /// <summary><c>HH:MM</c>, <c>HH:MM:SS</c> or the latter with one to six digits of a second; <c>24:00:00</c> is the last.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="microseconds">Since midnight.</param>
    public static bool TryParse(ReadOnlySpan<byte> utf8, out long microseconds)
    {
        microseconds = 0;
        var reader = new DigitReader(utf8);
        if (!reader.TryPair(24, out var hours) || !TryMinutes(ref reader, out var rest) || !reader.IsAtEnd)
        {
            return false;
        }

        microseconds = hours * Hour + rest;
        return microseconds <= Day;
    }

    /// <summary>As it is read; the second's fraction only where there is one.</summary>
    public static string Format(long microseconds) => microseconds == Day
        ? "24:00:00"
        : new TimeOnly(microseconds * TimeSpan.TicksPerMicrosecond).ToString("HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture);

    /// <summary>What follows a clock's hours: <c>:MM</c> or <c>:MM:SS.ffffff</c>, in microseconds.</summary>
    internal static bool TryMinutes(ref DigitReader reader, out long microseconds)
    {
        microseconds = 0;
        if (!reader.Take((byte)':') || !reader.TryPair(59, out var minutes))
        {
            return false;
        }

        microseconds = minutes * Minute;
        if (!reader.Take((byte)':'))
        {
            return true;
        }

        if (!reader.TryPair(59, out var seconds) || !reader.TryFraction(out var fraction))
        {
            return false;
        }

        microseconds += seconds * Second + fraction;
        return true;
    }
}
