namespace Migration.Contracts.Migrations;

/// <summary>What one worker does at a time; its memory follows from these, never from the size of a slice.</summary>
public sealed record WorkerSettings
{
    /// <summary>Slices that a worker has in hand at a time; also its prefetch. Default 2, 1 to 64.</summary>
    public int Slices { get; init; } = 2;

    /// <summary>
    /// Bytes of documents that are committed at once, at most (a single larger document is committed by itself). Default 32 MiB.
    /// What PostgreSQL takes long for makes the next batches smaller. Batches that must be kept in memory whole (of records that
    /// are enriched, have children or may replace others, and where rows were refused) have at most an eighth of it or 4 MiB,
    /// whichever is more.
    /// </summary>
    public int BatchBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>
    /// Records that are committed at once, at most. Default 100,000; where batches are kept whole an eighth of it or 20,000.
    /// </summary>
    public int BatchRecords { get; init; } = 100_000;

    /// <summary>
    /// Seconds after which a slice commits, enqueues its remainder and acknowledges. Default 600, at most 1500: the
    /// broker takes a delivery back after 30 minutes.
    /// </summary>
    public int SliceBudgetSeconds { get; init; } = 600;

    /// <summary>Seconds without a heartbeat after which a slice in hand counts as abandoned. Default 30, at least 5.</summary>
    public int LeaseSeconds { get; init; } = 30;

    /// <summary>
    /// Seconds without any movement (no page, record, statement or retry) after which an attempt at a slice counts as
    /// hanging. Default 300, 10 to 1500: longer than the slowest single record and statement may take.
    /// </summary>
    public int ProgressSeconds { get; init; } = 300;

    /// <summary>
    /// Records of enriched collections that a worker process has in flight at a time, over all of its slices. Default 64,
    /// 1 to 10,000: more than it has cores by far, for it waits for others.
    /// </summary>
    public int EnrichConcurrency { get; init; } = 64;
}
