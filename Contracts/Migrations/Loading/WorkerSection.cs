using System.Globalization;
using System.Text.RegularExpressions;

namespace Migration.Contracts.Migrations.Loading;

internal static partial class WorkerSection
{
    public static readonly string[] Keys = ["slices", "batchBytes", "batchRecords", "sliceBudgetSeconds", "leaseSeconds", "progressSeconds", "enrichConcurrency"];

    private const long SmallestBatch = 1024;
    private const long LargestBatch = 1024 * 1024 * 1024;

    private static readonly IntRange Slices = new(1, 64);
    private static readonly IntRange BatchRecords = new(1, 1_000_000);

    // 25 minutes: RabbitMQ takes a delivery back after 30, and the last batch needs time to commit.
    private static readonly IntRange SliceBudgetSeconds = new(1, 1500);
    private static readonly IntRange LeaseSeconds = new(5, 3600);
    private static readonly IntRange ProgressSeconds = new(10, 1500);
    private static readonly IntRange EnrichConcurrency = new(1, 10_000);

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

    public static WorkerSettings Read(SectionReader section)
    {
        var defaults = new WorkerSettings();
        return new WorkerSettings
        {
            Slices = section.WholeNumber("slices", Slices) ?? defaults.Slices,
            BatchBytes = Bytes(section, "batchBytes") ?? defaults.BatchBytes,
            BatchRecords = section.WholeNumber("batchRecords", BatchRecords) ?? defaults.BatchRecords,
            SliceBudgetSeconds = section.WholeNumber("sliceBudgetSeconds", SliceBudgetSeconds) ?? defaults.SliceBudgetSeconds,
            LeaseSeconds = section.WholeNumber("leaseSeconds", LeaseSeconds) ?? defaults.LeaseSeconds,
            ProgressSeconds = section.WholeNumber("progressSeconds", ProgressSeconds) ?? defaults.ProgressSeconds,
            EnrichConcurrency = section.WholeNumber("enrichConcurrency", EnrichConcurrency) ?? defaults.EnrichConcurrency,
        };
    }

    private static int? Bytes(SectionReader section, string key)
    {
        const string expected = "a size from 1KiB to 1GiB, such as 4MiB or 4194304";
        if (section.Text(key, expected) is not { } text)
        {
            return null;
        }

        var match = Size().Match(text);
        if (match.Success
            && Units.TryGetValue(match.Groups["unit"].Value, out var unit)
            && long.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture) * unit is >= SmallestBatch and <= LargestBatch and var bytes)
        {
            return (int)bytes;
        }

        section.Mistake(key, $"is {section.Raw(key)}; expected {expected}");
        return null;
    }

    [GeneratedRegex(@"^(?<number>[0-9]{1,10}) ?(?<unit>[A-Za-z]*)\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Size();
}
