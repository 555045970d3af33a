namespace Migration.Contracts.Ledger;

/// <summary>Records by outcome. The law of conservation: <c>Read = Written + Quarantined + Skipped</c>.</summary>
/// <param name="Skipped">Records whose key the target already held, with <c>onConflict: skip</c>.</param>
public readonly record struct SliceCounts(long Read, long Written, long Quarantined, long Skipped)
{
    public bool AddsUp => Read == Written + Quarantined + Skipped;

    public static SliceCounts operator +(SliceCounts left, SliceCounts right) => Add(left, right);

    public static SliceCounts Add(SliceCounts left, SliceCounts right) => new(
        left.Read + right.Read, left.Written + right.Written, left.Quarantined + right.Quarantined,
        left.Skipped + right.Skipped);
}
