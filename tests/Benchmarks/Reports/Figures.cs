using System.Globalization;
using Migration.Benchmarks.Results;

namespace Migration.Benchmarks.Reports;

/// <summary>Figures as tables show them.</summary>
internal static class Figures
{
    public const string None = "";

    /// <summary>0.97 (0.95 to 0.99); one round has no spread.</summary>
    public static string Ratio(Spread? spread) => spread is null ? None : WithRange(spread, figure => figure.ToString(figure < 10 ? "0.00" : "0.0", CultureInfo.InvariantCulture));

    public static string Seconds(Spread? spread) => spread is null ? None : WithRange(spread, figure => figure.ToString("0.00", CultureInfo.InvariantCulture));

    public static string Median(Spread? spread, string format, double unit = 1)
        => spread is null ? None : (spread.Median / unit).ToString(format, CultureInfo.InvariantCulture);

    private static string WithRange(Spread spread, Func<double, string> text) =>
        spread.Least == spread.Most ? text(spread.Median) : $"{text(spread.Median)} ({text(spread.Least)} to {text(spread.Most)})";
}
