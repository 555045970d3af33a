namespace Migration.Contracts.Migrations.Loading;

internal static class SlicesSection
{
    public static readonly string[] Keys = ["targetSeconds", "minRecords", "maxRecords", "maxAttempts", "perMessage"];

    // 20 minutes: RabbitMQ takes a delivery back after 30.
    private static readonly IntRange TargetSeconds = new(1, 1200);
    private static readonly IntRange Records = new(1, 100_000_000);
    private static readonly IntRange MaxAttempts = new(1, 1000);
    private static readonly IntRange PerMessage = new(1, 100);

    public static SliceSettings Read(SectionReader section)
    {
        var defaults = new SliceSettings();
        var slices = new SliceSettings
        {
            TargetSeconds = section.WholeNumber("targetSeconds", TargetSeconds) ?? defaults.TargetSeconds,
            MinRecords = section.WholeNumber("minRecords", Records) ?? defaults.MinRecords,
            MaxRecords = section.WholeNumber("maxRecords", Records) ?? defaults.MaxRecords,
            MaxAttempts = section.WholeNumber("maxAttempts", MaxAttempts) ?? defaults.MaxAttempts,
            PerMessage = section.WholeNumber("perMessage", PerMessage),
        };
        return section.Find("minRecords") is null ? AtMost(slices) : Checked(section, slices);
    }

    // A file that only lowers maxRecords below the default minRecords means the lower number.
    private static SliceSettings AtMost(SliceSettings slices) =>
        slices with { MinRecords = Math.Min(slices.MinRecords, slices.MaxRecords) };

    private static SliceSettings Checked(SectionReader section, SliceSettings slices)
    {
        if (slices.MinRecords > slices.MaxRecords)
        {
            var most = section.Find("maxRecords") is null ? $"the default of {slices.MaxRecords}" : section.Raw("maxRecords");
            section.Mistake("minRecords", $"is {section.Raw("minRecords")}, more than maxRecords, {most}; expected at most that");
        }

        return slices;
    }
}
