using Migration.Contracts.Ledger;

namespace Migration.Worker;

/// <summary>How an attempt at a slice ended, when it did not fail.</summary>
internal abstract record SliceEnd(SliceClaim Claim)
{
    /// <summary>No record is left.</summary>
    public sealed record Completed(SliceClaim Claim) : SliceEnd(Claim);

    /// <summary>Committed up to the checkpoint; time is up or the worker stops.</summary>
    public sealed record Unfinished(SliceClaim Claim) : SliceEnd(Claim);

    /// <summary>Committed up to the checkpoint; its collection is paused, and whoever lets it go on sends a message.</summary>
    public sealed record Paused(SliceClaim Claim) : SliceEnd(Claim);

    /// <summary>It takes workers down and was cut; the parts, the slice itself first, wait for messages.</summary>
    public sealed record Split(SliceClaim Claim, IReadOnlyList<PendingSlice> Parts) : SliceEnd(Claim);
}
