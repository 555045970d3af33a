using Migration.Contracts.Ledger;

namespace Migration.Coordinator.Replay;

/// <summary>What became of quarantined records that were tried again.</summary>
internal sealed class ReplayedRecords
{
    private readonly Dictionary<string, (long Tried, long Refused)> _byOldCause = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (long Count, QuarantinedRecord Sample)> _refused = new(StringComparer.Ordinal);

    public long Written { get; private set; }

    public long Skipped { get; private set; }

    /// <summary>Refused once more.</summary>
    public long RefusedCount => _refused.Values.Sum(cause => cause.Count);

    /// <summary>All that were tried.</summary>
    public long Tried => Written + Skipped + RefusedCount;

    /// <summary>By the fingerprint that they had before: how many were tried, and how many of them refused.</summary>
    public IReadOnlyDictionary<string, (long Tried, long Refused)> ByOldCause => _byOldCause;

    /// <summary>By the fingerprint of the new reason.</summary>
    public IReadOnlyDictionary<string, (long Count, QuarantinedRecord Sample)> Refused => _refused;

    /// <param name="records">All that were tried.</param>
    /// <param name="refused">Those among them that were refused, with the reason.</param>
    public void Add(
        long written, long skipped, IReadOnlyCollection<HeldRecord> records,
        IReadOnlyCollection<(HeldRecord Record, QuarantinedRecord Reason)> refused)
    {
        (Written, Skipped) = (Written + written, Skipped + skipped);
        foreach (var record in records)
            AddTo(record.Fingerprint, tried: 1, refused: 0);
        foreach (var (record, reason) in refused)
        {
            AddTo(record.Fingerprint, tried: 0, refused: 1);
            AddRefused(reason.Fingerprint, 1, reason);
        }
    }

    public void Add(ReplayedRecords other)
    {
        (Written, Skipped) = (Written + other.Written, Skipped + other.Skipped);
        foreach (var (cause, (tried, refused)) in other._byOldCause)
            AddTo(cause, tried, refused);
        foreach (var (cause, (count, sample)) in other._refused)
            AddRefused(cause, count, sample);
    }

    private void AddTo(string cause, long tried, long refused)
    {
        var (t, r) = _byOldCause.GetValueOrDefault(cause);
        _byOldCause[cause] = (t + tried, r + refused);
    }

    // Of the sample only what is printed is kept: documents may be large.
    private void AddRefused(string cause, long count, QuarantinedRecord sample)
        => _refused[cause] = _refused.TryGetValue(cause, out var known)
            ? (known.Count + count, known.Sample)
            : (count, sample with { Document = default, DocumentJson = null });
}
