using System.Globalization;

namespace Migration.Contracts.Migrations;

/// <summary>A date as a migration file or a transformed text gives it.</summary>
public static class ColumnDate
{
    private static readonly string[] Forms =
        ["yyyy-MM-dd", "yyyy-MM-ddTHH:mmK", "yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFK", "yyyy-MM-dd HH:mm:ssK", "yyyy-MM-dd HH:mm:ss.FFFK"];

    /// <summary>ISO 8601, a day alone or with a time and <c>Z</c> or an offset, to the millisecond.</summary>
    /// <param name="milliseconds">Since 1970, as BSON counts.</param>
    public static bool TryParse(string text, out long milliseconds)
    {
        ArgumentNullException.ThrowIfNull(text);
        milliseconds = 0;
        // Without one it would be a local time of nowhere.
        var hasZone = text.Length <= 10 || text.EndsWith('Z') || text[10..].Contains('+') || text[10..].Contains('-');
        if (text.Length < 10 || !hasZone || !DateTimeOffset.TryParseExact(
            text, Forms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date))
        {
            return false;
        }

        milliseconds = date.ToUnixTimeMilliseconds();
        return true;
    }
}
