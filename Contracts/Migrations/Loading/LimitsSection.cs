namespace Migration.Contracts.Migrations.Loading;

internal static class LimitsSection
{
    public const string MaxQuarantined = "maxQuarantined";

    public static readonly string[] Keys = [MaxQuarantined];

    public static LimitSettings Read(SectionReader section)
        => new() { MaxQuarantined = Limit(section) ?? QuarantineLimit.Default };

    /// <summary>The key in this section or in a collection; null when absent or wrong.</summary>
    public static QuarantineLimit? Limit(SectionReader section)
    {
        if (section.Text(MaxQuarantined, QuarantineLimit.Expected) is not { } text)
            return null;
        var limit = QuarantineLimit.Parse(text);
        if (limit is null)
            section.Mistake(MaxQuarantined, $"is {section.Raw(MaxQuarantined)}; expected {QuarantineLimit.Expected}");
        return limit;
    }
}
