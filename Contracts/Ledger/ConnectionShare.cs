namespace Migration.Contracts.Ledger;

/// <summary>What a worker was told when it asked for connections to the target.</summary>
/// <param name="Connections">It may open so many at a time; 0 when it has to wait.</param>
/// <param name="Limit">Of all workers of the run together; null for none.</param>
/// <param name="Taken">By other workers that are alive.</param>
public sealed record ConnectionShare(int Connections, int? Limit, int Taken)
{
    /// <summary>
    /// One for the heartbeat and one for a slice. A single connection would have to do for both, and a worker whose
    /// heartbeat waits behind a slow batch for longer than the lease counts as dead while it lives.
    /// </summary>
    public const int Least = 2;

    /// <summary>
    /// As much as it would like, but no more than its part where all workers that are expected have one; the last one
    /// takes what is left, and below <see cref="Least"/> is nothing.
    /// </summary>
    /// <param name="wish">What it could use.</param>
    /// <param name="expected">Workers of the run, this one included.</param>
    public static ConnectionShare Of(int wish, int? limit, int taken, int expected)
    {
        if (limit is not { } most)
            return new ConnectionShare(wish, limit, taken);
        var part = Math.Clamp(most / Math.Max(1, expected), Least, Math.Max(Least, wish));
        var left = Math.Min(part, most - taken);
        return new ConnectionShare(left < Least ? 0 : left, limit, taken);
    }
}
