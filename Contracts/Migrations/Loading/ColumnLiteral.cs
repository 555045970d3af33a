using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Migration.Contracts.Migrations.Loading;

/// <summary>A value that the file itself gives for a column: a text of the column's type, or a list of them for an array.</summary>
internal static partial class ColumnLiteral
{
    private static readonly Dictionary<ColumnKind, (long Lowest, long Highest)> Integers = new()
    {
        [ColumnKind.Int2] = (short.MinValue, short.MaxValue),
        [ColumnKind.Int4] = (int.MinValue, int.MaxValue),
        [ColumnKind.Int8] = (long.MinValue, long.MaxValue),
    };

    /// <summary>Null when absent, and after a mistake.</summary>
    public static IReadOnlyList<string>? Read(SectionReader section, string key, ColumnType type)
    {
        var node = section.Find(key);
        if (node is null)
        {
            return null;
        }

        var items = (node, type.IsArray) switch
        {
            (YamlList list, true) => list.Items,
            (YamlText { IsNull: false } text, false) => [text],
            _ => null,
        };
        if (items is null)
        {
            section.Mistake(key, $"{node.Is}; expected {(type.IsArray ? "a list of values" : "a value")} for {type}");
            return null;
        }

        return [.. items.Select(item => ReadOne(section, key, item, type)).OfType<string>()];
    }

    /// <summary>What a text must be to stand for a value of the type; null when it is that.</summary>
    public static string? Expected(ColumnType type, string text) => type.Kind switch
    {
        ColumnKind.Text => IsText(text, null) ? null : "a text without zero characters",
        ColumnKind.Varchar => IsText(text, type.Length) ? null : $"a text of at most {type.Length} characters",
        ColumnKind.Int2 or ColumnKind.Int4 or ColumnKind.Int8 => IsInteger(text, Integers[type.Kind])
            ? null
            : $"a whole number from {Integers[type.Kind].Lowest} to {Integers[type.Kind].Highest}",
        ColumnKind.Numeric => IsNumeric(text, type) ? null : "a number of at most 34 digits that the column holds as it is",
        ColumnKind.Float4 => IsFloat(text, 6) ? null : "a number of at most 6 digits, such as 0.5",
        ColumnKind.Float8 => IsFloat(text, 15) ? null : "a number of at most 15 digits, such as 0.5",
        ColumnKind.Bool => text is "true" or "false" ? null : "true or false",
        ColumnKind.Uuid => Guid.TryParseExact(text, "D", out _) || Guid.TryParseExact(text, "N", out _) ? null : "a UUID",
        ColumnKind.Date => ColumnDate.TryParse(text, out var day) && day % 86_400_000 == 0 ? null : "a day such as 2024-02-29",
        ColumnKind.Timestamp or ColumnKind.TimestampTz => ColumnDate.TryParse(text, out _)
            ? null
            : "a time such as 2024-02-29T12:34:56.789Z, with Z or an offset",
        ColumnKind.Char => IsText(text, type.Length) && !text.EndsWith(' ') ? null : $"a text of at most {type.Length} characters without a space at its end",
        ColumnKind.Time => ColumnTime.TryParse(Encoding.UTF8.GetBytes(text), out _) ? null : "a time of day such as 12:34:56.789",
        ColumnKind.Interval => ColumnInterval.TryParse(Encoding.UTF8.GetBytes(text), out _) ? null : "an interval such as P1DT2H or 1 day 02:00:00",
        ColumnKind.Inet => IsNetwork(text, mayBeHost: true) ? null : "an address such as 192.0.2.1 or 2001:db8::/32",
        ColumnKind.Cidr => IsNetwork(text, mayBeHost: false) ? null : "a network such as 192.0.2.0/24 or 2001:db8::/32",
        ColumnKind.Enum => type.Enum!.Labels.Contains(text) ? null : $"one of {string.Join(", ", type.Enum.Labels)}",
        ColumnKind.Json or ColumnKind.Jsonb => IsJson(text) ? null : "JSON without keys that begin with $",
        _ => "a path instead, as no text stands",
    };

    private static string? ReadOne(SectionReader section, string key, YamlNode node, ColumnType type)
    {
        // An empty text is a value here, unlike elsewhere in the file.
        var text = node is YamlText { IsQuoted: true, Raw: "" } ? "" : section.TextOf(node, section.Label(key), $"a value for {type}");
        if (text is not null && Expected(type, text) is { } expected)
        {
            section.Context.Mistakes.Add(node.Place, $"{section.Label(key)} is {Shown.Text(((YamlText)node).Raw)}; expected {expected} for {type}");
        }

        return text;
    }

    private static bool IsText(string text, int? length) =>
        !text.Contains('\0') && (length is null || text.EnumerateRunes().Count() <= length);

    private static bool IsNetwork(string text, bool mayBeHost)
    {
        var address = new byte[ColumnNetwork.LongestAddress];
        return ColumnNetwork.TryParse(Encoding.UTF8.GetBytes(text), address, out var length, out var bits)
            && (mayBeHost || !ColumnNetwork.HasHostBits(address.AsSpan(0, length), bits));
    }

    private static bool IsInteger(string text, (long Lowest, long Highest) range) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
        && number >= range.Lowest && number <= range.Highest;

    private static bool IsNumeric(string text, ColumnType type)
    {
        if (!Number().IsMatch(text))
        {
            return false;
        }

        var parts = text.TrimStart('-', '+').Split('.');
        var whole = parts[0].TrimStart('0').Length;
        var fraction = parts.Length == 1 ? 0 : parts[1].TrimEnd('0').Length;
        var scale = type.Scale ?? 0;
        return whole + fraction <= 34 && (type.Precision is not { } precision || (whole <= precision - scale && fraction <= Math.Max(0, scale)));
    }

    // So many digits come back from a float as they went in.
    private static bool IsFloat(string text, int digits) =>
        Number().IsMatch(text) && text.Count(char.IsAsciiDigit) - (text.TrimStart('-', '+').StartsWith("0.", StringComparison.Ordinal) ? 1 : 0) <= digits;

    private static bool IsJson(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return !HasDollar(json.RootElement);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool HasDollar(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().Any(p => p.Name.StartsWith('$') || HasDollar(p.Value)),
        JsonValueKind.Array => element.EnumerateArray().Any(HasDollar),
        _ => false,
    };

    [GeneratedRegex(@"^[+-]?[0-9]+(\.[0-9]+)?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Number();
}
