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
    /// <summary>From the slice's first claim to its last commit, by the database's clock; 0 before this claim's first commit.</summary>
    public double Seconds { get; init; }
}
