using Migration.Contracts.Ledger;

namespace Migration.Worker.Hosting;

/// <summary>
/// Notices when messages of a run do not reach this worker any more: it has had nothing in hand for a while, and the
/// ledger has slices for which several messages were confirmed and none was heard of. So it is after a queue was deleted
/// and made again so fast that the broker told nobody: consumers of the former queue wait for ever.
/// </summary>
internal sealed class DeliveryWatch(SlicesInHand inHand, TimeProvider time)
{
    /// <summary>Reconcile sends a slice without a sign of life again after 10 seconds; the first message may still be on its way.</summary>
    private const int Messages = 2;

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(20);

    private long _quietSince = time.GetTimestamp();
    private long _taken;

    /// <summary>Those whose queues should be subscribed to anew. Asks the ledger at most every 20 seconds.</summary>
    public async Task<List<Guid>> DeafToAsync(ProgressLedger ledger, IEnumerable<Guid> runs, CancellationToken cancellationToken)
    {
        var deaf = new List<Guid>();
        if (!IsQuiet())
            return deaf;
        foreach (var run in runs)
        {
            if (await ledger.HasUnheardSlicesAsync(run, Messages, cancellationToken))
                deaf.Add(run);
        }

        return deaf;
    }

    /// <summary>True once for each 20 seconds in which nothing came.</summary>
    private bool IsQuiet()
    {
        var isQuiet = inHand.IsEmpty && inHand.Taken == _taken;
        if (isQuiet && time.GetElapsedTime(_quietSince) < Quiet)
            return false;
        (_taken, _quietSince) = (inHand.Taken, time.GetTimestamp());
        return isQuiet;
    }
}
