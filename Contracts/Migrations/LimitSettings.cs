namespace Migration.Contracts.Migrations;

/// <summary>When to stop rather than go on; for all collections that do not say it themselves.</summary>
public sealed record LimitSettings
{
    /// <summary>A collection of which more records are quarantined pauses. Default: 10% of its records, but at least 1,000.</summary>
    public QuarantineLimit MaxQuarantined { get; init; } = QuarantineLimit.Default;
}
