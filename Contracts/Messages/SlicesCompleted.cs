namespace Migration.Contracts.Messages;

/// <summary>
/// News that several slices, numbered one after the other, have their outcome in the ledger: <see cref="SliceCompleted"/>
/// of each of them, with the counts added up. Losing it loses nothing.
/// </summary>
/// <param name="First">The first slice's number within its collection.</param>
/// <param name="Count">Slices; at least 1.</param>
/// <param name="Worker">The worker that committed the last batch, as <c>host:pid</c>.</param>
/// <param name="Seconds">The longest time from a slice's first claim to its completion, by the database's clock.</param>
public sealed record SlicesCompleted(
    Guid RunId, string Run, string Collection, int First, int Count, long Offset, long Limit,
    long Read, long Written, long Quarantined, long Skipped, string Worker, double Seconds);
