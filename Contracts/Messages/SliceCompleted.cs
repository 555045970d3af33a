namespace Migration.Contracts.Messages;

/// <summary>
/// News that a slice has its outcome in the ledger. Losing it loses nothing: the ledger is the truth.
/// <c>Read = Written + Quarantined + Skipped</c>, all counted over the whole slice, not over the last attempt.
/// </summary>
/// <param name="Worker">The worker that committed the last batch, as <c>host:pid</c>.</param>
/// <param name="Seconds">Time from the slice's first claim to its completion, by the database's clock.</param>
public sealed record SliceCompleted(
    Guid RunId, string Run, string Collection, int Slice, long Offset, long Limit,
    long Read, long Written, long Quarantined, long Skipped, string Worker, double Seconds);
