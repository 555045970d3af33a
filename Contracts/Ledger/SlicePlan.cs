namespace Migration.Contracts.Ledger;

/// <summary>A slice as the planner cut it; its number is its place in the plan.</summary>
public sealed record SlicePlan(long Offset, long Limit, KeyRange Range);

/// <summary>A slice that waits for a message.</summary>
public sealed record PendingSlice(SliceId Id, long Offset, long Limit);

/// <summary>A collection of a run as it stands in the ledger.</summary>
/// <param name="IsPlanned">True when its slices stand in the ledger, all of them.</param>
/// <param name="Keys">Keys that the planner walked; 0 before it is planned.</param>
public sealed record PlannedCollection(string Name, string Table, bool IsPlanned, long Keys, double? SecondsPerRecord);
