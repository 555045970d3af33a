namespace Migration.Benchmarks.Results;

/// <summary>What one scenario took in one round.</summary>
internal sealed record Attempt
{
    /// <summary>Or keys, where only these are read.</summary>
    public required long Rows { get; init; }

    /// <summary>
    /// Of the work itself: ours from the ledger's first claim to its last commit, a script's its loop, psql's its whole life.
    /// </summary>
    public required double Seconds { get; init; }

    /// <summary>From the programs' start to their end, start-up and planning included.</summary>
    public required double WholeSeconds { get; init; }

    /// <summary>Of the programs that move the rows, within <see cref="Seconds"/>: with local workers theirs alone.</summary>
    public required double CpuSeconds { get; init; }

    /// <summary>Of all programs, from start to end.</summary>
    public required double WholeCpuSeconds { get; init; }

    /// <summary>Within <see cref="Seconds"/>; null where it is the same process as the worker, or not ours.</summary>
    public double? CoordinatorCpuSeconds { get; init; }

    /// <summary>All its processes, within <see cref="WholeSeconds"/>; null for a server elsewhere.</summary>
    public double? PostgresCpuSeconds { get; init; }

    /// <summary>Of the machine within <see cref="WholeSeconds"/>, less the programs and PostgreSQL: RabbitMQ, and what disturbs.</summary>
    public double? OtherCpuSeconds { get; init; }

    /// <summary>The most RAM that one of the programs had; with local workers one of these.</summary>
    public required long PeakBytes { get; init; }

    public double? PlanningSeconds { get; init; }

    public int? Slices { get; init; }

    /// <summary>On the managed heap for each row, over the last three quarters of <see cref="Seconds"/>.</summary>
    public double? AllocatedBytesPerRow { get; init; }

    /// <summary>The machine's load average just before; builds beside a measurement show here.</summary>
    public double LoadBefore { get; init; }

    /// <summary>A second.</summary>
    public double Rate => Rows / Seconds;

    public double WholeRate => Rows / WholeSeconds;
}
