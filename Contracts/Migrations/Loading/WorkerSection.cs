namespace Migration.Contracts.Migrations.Loading;

internal static class WorkerSection
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

    public static WorkerSettings Read(SectionReader section)
    {
        var defaults = new WorkerSettings();
        return new WorkerSettings
        {
            Slices = section.WholeNumber("slices", Slices) ?? defaults.Slices,
            BatchBytes = SizeText.Read(section, "batchBytes", SmallestBatch, LargestBatch, "a size from 1KiB to 1GiB, such as 4MiB or 4194304") ?? defaults.BatchBytes,
            BatchRecords = section.WholeNumber("batchRecords", BatchRecords) ?? defaults.BatchRecords,
            SliceBudgetSeconds = section.WholeNumber("sliceBudgetSeconds", SliceBudgetSeconds) ?? defaults.SliceBudgetSeconds,
            LeaseSeconds = section.WholeNumber("leaseSeconds", LeaseSeconds) ?? defaults.LeaseSeconds,
            ProgressSeconds = section.WholeNumber("progressSeconds", ProgressSeconds) ?? defaults.ProgressSeconds,
            EnrichConcurrency = section.WholeNumber("enrichConcurrency", EnrichConcurrency) ?? defaults.EnrichConcurrency,
        };
    }
}
