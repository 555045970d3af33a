using System.Globalization;
using System.Text.RegularExpressions;

namespace Migration.Contracts.Migrations;

/// <summary>
/// How many of a collection's records may be in quarantine before it pauses: the larger of a number of records and a share
/// of the records that are planned.
/// </summary>
/// <param name="Records">0 or more.</param>
/// <param name="Percent">Of the records planned, 0 to 100.</param>
public sealed partial record QuarantineLimit(long Records, decimal Percent)
{
    /// <summary>What a file says, for messages.</summary>
    public const string Expected = "a number of records, such as 1000, or a share of them from 0% to 100%, such as 1% or 0.5%";

    /// <summary>
    /// Where the file gives none: a tenth of the records, but at least 1,000. One mistake in a mapping, by which every
    /// record fails, so costs a thousand records and not all, and a collection with many odd records is not stopped.
    /// </summary>
    public static QuarantineLimit Default { get; } = new(1000, 10);

    /// <summary>How many that are for so many records planned.</summary>
    public long Of(long planned) => Math.Max(Records, (long)decimal.Floor(planned * Percent / 100));

    /// <summary>Reads <c>1000</c> or <c>1%</c>; null for anything else.</summary>
    public static QuarantineLimit? Parse(string text)
    {
        var match = Shape().Match(text);
        if (!match.Success)
            return null;
        var number = decimal.Parse(match.Groups["number"].ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
        if (match.Groups["percent"].Success)
            return number <= 100 ? new QuarantineLimit(0, number) : null;
        return decimal.IsInteger(number) && !text.Contains('.', StringComparison.Ordinal) ? new QuarantineLimit((long)number, 0) : null;
    }

    /// <summary>As a file says it; what no file can say, in words.</summary>
    public override string ToString() => (Records, Percent) switch
    {
        (var records, 0) => string.Create(CultureInfo.InvariantCulture, $"{records:N0}"),
        (0, var percent) => string.Create(CultureInfo.InvariantCulture, $"{percent:0.####}%"),
        var (records, percent) => string.Create(CultureInfo.InvariantCulture, $"{percent:0.####}%, at least {records:N0}"),
    };

    [GeneratedRegex(@"^(?<number>[0-9]{1,15}(\.[0-9]{1,4})?) ?(?<percent>%)?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Shape();
}
