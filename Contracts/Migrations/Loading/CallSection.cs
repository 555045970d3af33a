namespace Migration.Contracts.Migrations.Loading;

/// <summary>The keys of a step that say how patiently and how fast it calls.</summary>
internal static class CallSection
{
    public static readonly string[] Keys = ["timeoutSeconds", "retries", "maxConcurrent", "maxPerSecond"];

    public static readonly IntRange TimeoutSeconds = new(1, 600);
    private static readonly IntRange Retries = new(0, 20);
    private static readonly IntRange MaxConcurrent = new(1, 10_000);
    private static readonly IntRange MaxPerSecond = new(1, 1_000_000);

    public static CallSettings Read(SectionReader section)
    {
        var defaults = new CallSettings();
        return new CallSettings
        {
            TimeoutSeconds = section.WholeNumber("timeoutSeconds", TimeoutSeconds) ?? defaults.TimeoutSeconds,
            Retries = section.WholeNumber("retries", Retries) ?? defaults.Retries,
            MaxConcurrent = section.WholeNumber("maxConcurrent", MaxConcurrent),
            MaxPerSecond = section.WholeNumber("maxPerSecond", MaxPerSecond),
        };
    }
}
