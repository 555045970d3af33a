namespace Migration.Contracts.Ledger;

/// <summary>How far a collection is.</summary>
/// <param name="Mismatched">Completed slices that read more or fewer records than were planned.</param>
/// <param name="Attempts">Claims of all its slices; more than the number of slices tells of interruptions.</param>
/// <param name="Limits">The sum of its slices' limits: equal to the plan's keys, or the plan is not to be trusted.</param>
public sealed record CollectionProgress(
    PlannedCollection Plan, SliceTally Slices, SliceCounts Counts, long Mismatched, long Attempts, long Limits)
{
    /// <summary>Records in quarantine of which more pause the collection; null for any number.</summary>
    public long? MaxQuarantined { get; init; }

    /// <summary>Null while it is not paused.</summary>
    public DateTimeOffset? PausedAt { get; init; }

    /// <summary>Null while it is not paused.</summary>
    public string? PauseReason { get; init; }

    /// <summary>Nobody works on it, nor will before somebody runs the run again: all is done, or it is paused.</summary>
    public bool IsOver => Slices.AllHaveOutcome || (PausedAt is not null && Slices.Running == 0);
}

/// <summary>Slices by state. <c>Waiting</c> holds the planned and the queued.</summary>
public readonly record struct SliceTally(long Total, long Waiting, long Running, long Completed, long Failed)
{
    public bool AllHaveOutcome => Total == Completed + Failed;
}

/// <summary>Records that were quarantined for the same cause.</summary>
/// <param name="Message">Of one of them.</param>
/// <param name="SampleId">The <c>_id</c> of one of them as canonical extended JSON.</param>
public sealed record QuarantineCause(
    string Fingerprint, string Collection, string Stage, string? Column, string? SqlState, long Count, string Message,
    string? SampleId);
