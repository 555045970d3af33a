namespace Migration.Contracts.Ledger;

/// <summary>A slice in hand, as the ledger gave it away.</summary>
/// <param name="Claim">The fence: only a commit that names the latest claim goes through.</param>
/// <param name="Checkpoint">The last record already done; null at the slice's start.</param>
/// <param name="Attempts">Claims so far that were not handed back politely, this one included.</param>
/// <param name="StalledAttempts">Of these, since the checkpoint last moved, this one included.</param>
public sealed record SliceClaim(
    SliceId Id, int Claim, long Offset, long Limit, KeyRange Range, RecordPosition? Checkpoint, SliceCounts Counts,
    int Attempts, int StalledAttempts)
{
    /// <summary>
    /// Of the stalled attempts before this one, those that took their worker down; one is enough to make the slice a
    /// suspect.
    /// </summary>
    public int SilentAttempts { get; init; }

    /// <summary>How often the slice was cut, or cut from another, because it took workers down.</summary>
    public int Splits { get; init; }

    /// <summary>How far the last attempt at a suspected record had got: <c>read</c>, <c>map</c>, <c>enrich</c> or <c>write</c>; else null.</summary>
    public string? Step { get; init; }

    /// <summary>An attempt took its worker down and nothing has moved since: the next one is made with nothing else in hand.</summary>
    public bool IsSuspect => SilentAttempts > 0;

    /// <summary>Records that the plan counts on and that have no outcome yet.</summary>
    public long Remaining => Math.Max(0, Limit - Counts.Read);

    /// <summary>From the slice's first claim to its last commit, by the database's clock; 0 before this claim's first commit.</summary>
    public double Seconds { get; init; }

    /// <summary>The collection was paused when the last batch was committed: the slice is to be handed back.</summary>
    public bool IsPaused { get; init; }
}
