namespace Migration.Contracts.Migrations;

/// <summary>How collections are cut. Slices are sized by time and kept within the two bounds.</summary>
public sealed record SliceSettings
{
    /// <summary>Seconds of work that a slice should take. Default 60, at most 1200 (the broker takes a delivery back after 30 minutes).</summary>
    public int TargetSeconds { get; init; } = 60;

    /// <summary>Records in a slice at least (the last of a type bracket may be smaller). Default 100.</summary>
    public int MinRecords { get; init; } = 100;

    /// <summary>Records in a slice at most. Default 50,000.</summary>
    public int MaxRecords { get; init; } = 50_000;

    /// <summary>Claims of a slice that move nothing forward before it is given up as a dead letter. Default 5.</summary>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>
    /// Small slices that one message may ask for, where rows go to PostgreSQL as they are mapped. Null, the default, leaves it
    /// to the number of slices; 1 sends a message for each.
    /// </summary>
    public int? PerMessage { get; init; }
}
