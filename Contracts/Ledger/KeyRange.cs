namespace Migration.Contracts.Ledger;

/// <summary>The first and the last record of a slice, both included; what a worker actually reads by.</summary>
/// <param name="Bracket">The BSON type bracket that both ends are of, e.g. <c>number</c> or <c>objectId</c>; on a dump the first record's.</param>
public sealed record KeyRange(RecordPosition First, RecordPosition Last, string Bracket);
