namespace Migration.Contracts.Ledger;

/// <summary>A slice as it stands in the ledger, for people and for events.</summary>
/// <param name="Seconds">From the first claim to the outcome, by the database's clock; 0 before there is one.</param>
public sealed record SliceProgress(
    SliceId Id, SliceState State, long Offset, long Limit, SliceCounts Counts, int Attempts, double Seconds, string? Error);

/// <summary>The states of a slice; see 0001_ledger.sql for what moves it onward.</summary>
public enum SliceState
{
    Planned,
    Queued,
    Running,
    Completed,
    Failed,
}
