using System.Globalization;

namespace Migration.Contracts.Migrations.Loading;

/// <summary>The key of a step that tells planning how long a record takes in it.</summary>
internal static class StepSeconds
{
    public const string Key = "secondsPerRecord";

    public const decimal Least = 0.000_001m;

    public const decimal Most = 3600;

    /// <returns>Null when the key is absent or wrong.</returns>
    public static decimal? Read(SectionReader section)
    {
        const string expected = "seconds from 0.000001 to 3600, with a point for decimals";
        if (section.Text(Key, expected) is not { } text)
        {
            return null;
        }

        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds is >= Least and <= Most)
        {
            return seconds;
        }

        section.Mistake(Key, $"is {section.Raw(Key)}; expected {expected}");
        return null;
    }
}
