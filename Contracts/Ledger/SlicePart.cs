namespace Migration.Contracts.Ledger;

/// <summary>A part of what is left of a slice that took its workers down.</summary>
/// <param name="First">Its first record.</param>
/// <param name="Last">Its last record, included.</param>
/// <param name="Limit">Records of the plan that it takes over; the parts' limits add up to what was left of the slice.</param>
public sealed record SlicePart(RecordPosition First, RecordPosition Last, long Limit);
