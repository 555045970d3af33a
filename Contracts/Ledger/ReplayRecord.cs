namespace Migration.Contracts.Ledger;

/// <summary>One replay of a run.</summary>
/// <param name="Selection">What was asked for, in words.</param>
/// <param name="FileHash">Of the migration file that was used.</param>
/// <param name="FinishedAt">Null while it works, and for ever where it died.</param>
/// <param name="Slices">Slices that had given up and were put back to work.</param>
/// <param name="Records">Quarantined records that were tried again: written + skipped + quarantined.</param>
/// <param name="Quarantined">Of these, those that were refused once more.</param>
public sealed record ReplayRecord(
    Guid Id, string Selection, string FileHash, DateTimeOffset StartedAt, DateTimeOffset? FinishedAt, long Slices, long Records,
    long Written, long Skipped, long Quarantined);

/// <summary>Which failures of a run are meant.</summary>
/// <param name="Cause">Their fingerprint; null for every cause.</param>
/// <param name="Collection">Null for every collection.</param>
public sealed record FailureSelection(string? Cause, string? Collection);
