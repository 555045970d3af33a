using Migration.Contracts.Ledger;

namespace Migration.Worker.Sources;

/// <summary>A slice as the key walk found it.</summary>
public sealed record CutSlice(long Offset, long Limit, KeyRange Range);
