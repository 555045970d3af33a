namespace Migration.KubernetesStandIn.Runners;

/// <summary>What a pretended container does, in the cluster's time. By default it is ready at once and runs until it is told to end.</summary>
public sealed record PodScript
{
    /// <summary>Null: it never becomes ready.</summary>
    public TimeSpan? ReadyAfter { get; init; } = TimeSpan.Zero;

    /// <summary>Null: it does not end by itself.</summary>
    public TimeSpan? RunsFor { get; init; }

    public int ExitCode { get; init; }

    /// <summary>Such as <c>OOMKilled</c>; null: as the exit code says.</summary>
    public string? Reason { get; init; }

    /// <summary>From SIGTERM to its end; null: it does not heed SIGTERM and is killed after the grace period.</summary>
    public TimeSpan? StopsAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>143 as of a process that SIGTERM ended. A pod that exits with 0 has succeeded, even when it was told to end.</summary>
    public int StopExitCode { get; init; } = 143;

    public static PodScript OutOfMemory { get; } = new() { RunsFor = TimeSpan.FromSeconds(1), ExitCode = 137, Reason = "OOMKilled" };

    public static PodScript Crash(int exitCode, double afterSeconds = 1) =>
        new() { RunsFor = TimeSpan.FromSeconds(afterSeconds), ExitCode = exitCode };
}
