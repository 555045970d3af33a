using System.Globalization;
using System.Text.RegularExpressions;

namespace Migration.Contracts.Migrations.Loading;

/// <summary>A number of bytes, with or without a unit.</summary>
internal static partial class SizeText
{
    private static readonly Dictionary<string, long> Units = new(StringComparer.OrdinalIgnoreCase)
    {
        [""] = 1,
        ["B"] = 1,
        ["KB"] = 1000,
        ["MB"] = 1000 * 1000,
        ["GB"] = 1000 * 1000 * 1000,
        ["KiB"] = 1024,
        ["MiB"] = 1024 * 1024,
        ["GiB"] = 1024 * 1024 * 1024,
    };

    /// <returns>Null when the key is absent or wrong.</returns>
    public static int? Read(SectionReader section, string key, long smallest, long largest, string expected)
    {
        if (section.Text(key, expected) is not { } text)
        {
            return null;
        }

        var match = Size().Match(text);
        if (match.Success
            && Units.TryGetValue(match.Groups["unit"].Value, out var unit)
            && long.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture) * unit is var bytes && bytes >= smallest && bytes <= largest)
        {
            return (int)bytes;
        }

        section.Mistake(key, $"is {section.Raw(key)}; expected {expected}");
        return null;
    }

    [GeneratedRegex(@"^(?<number>[0-9]{1,10}) ?(?<unit>[A-Za-z]*)\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Size();
}
