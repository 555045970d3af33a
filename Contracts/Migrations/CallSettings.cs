namespace Migration.Contracts.Migrations;

/// <summary>How patiently and how fast something outside is called. May change at any time.</summary>
public sealed record CallSettings
{
    /// <summary>Seconds that one try may take. Default 30, 1 to 600.</summary>
    public int TimeoutSeconds { get; init; } = 30;

    /// <summary>Tries after the first one that fails for a reason that may pass. Default 3, 0 to 20.</summary>
    public int Retries { get; init; } = 3;

    /// <summary>Calls under way to one host at a time, from one worker process; null for as many as there are records in flight.</summary>
    public int? MaxConcurrent { get; init; }

    /// <summary>Calls to one host a second, from one worker process; null for no limit.</summary>
    public int? MaxPerSecond { get; init; }
}
