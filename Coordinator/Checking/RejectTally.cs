using Migration.Contracts.Ledger;
using Migration.Worker;
using Migration.Worker.Mapping;
using Migration.Worker.Sources;

namespace Migration.Coordinator.Checking;

/// <summary>Counts the rejected records of a collection by cause, from several threads; keeps one example of each.</summary>
internal sealed class RejectTally(string collection)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (PredictedRejects First, long Count)> _causes = new(StringComparer.Ordinal);
    private long _tried;

    /// <summary>Records that went through the mapping, the rejected ones among them.</summary>
    public long Tried => Interlocked.Read(ref _tried);

    public void Count(int tried) => Interlocked.Add(ref _tried, tried);

    public void Add(SourceRecord record, RecordRejection rejection)
    {
        var stage = rejection.Stage.ToString().ToLowerInvariant();
        var cause = CauseFingerprint.OfRecord(collection, stage, rejection.Column, rejection.SqlState, rejection.Message);
        lock (_lock)
        {
            _causes[cause] = _causes.TryGetValue(cause, out var known)
                ? (known.First, known.Count + 1)
                : (new PredictedRejects(
                    cause, stage, rejection.Column, rejection.SqlState, rejection.Message.Replace("\0", "\\u0000", StringComparison.Ordinal),
                    record.Error is null ? Quarantine.Id(record.Document) : null, 1, 1), 1);
        }
    }

    /// <param name="total">Records of the collection.</param>
    public IEnumerable<PredictedRejects> Rejects(long total) => _causes.Values
        .Select(cause => cause.First with { Seen = cause.Count, Records = Extrapolate(cause.Count, total) });

    /// <summary>At least what was seen.</summary>
    private long Extrapolate(long count, long total)
        => Tried == 0 ? count : Math.Max(count, (long)Math.Round((decimal)count * Math.Max(total, Tried) / Tried));
}
