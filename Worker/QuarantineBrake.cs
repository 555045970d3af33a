using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Worker.Suspects;

namespace Migration.Worker;

/// <summary>
/// Stops a collection when too many of its records are quarantined. Shared by the slices of the collection that this
/// process has in hand.
/// </summary>
/// <remarks>
/// What others quarantine stands in the ledger, and adding it up is not free where there are thousands of slices. So it
/// is asked of at once for this worker's first quarantined record and whenever this worker's own since then could pass
/// the limit; else at most once a second, and not before they are a thousandth of what was left to the limit: hundreds
/// of workers pass it by a fraction of it, or by what they do in a second.
/// </remarks>
internal sealed class QuarantineBrake(PauseLedger ledger, Guid runId, string collection, TimeProvider time, ILogger logger)
{
    private const int Parts = 1000;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private long _unseen;
    private long _room;
    private long? _askedAt;

    /// <param name="quarantined">Records that were quarantined with the batch just committed.</param>
    /// <returns>True when the collection is found to be paused.</returns>
    public async Task<bool> CountAsync(long quarantined, Pulse? pulse, CancellationToken cancellationToken)
    {
        if (quarantined == 0 || !IsDue(quarantined))
            return false;
        var level = await TransientRetry.Create($"Counting the quarantine of {collection}", logger, time, pulse).ExecuteAsync(
            async token => await ledger.CheckAsync(runId, collection, token), cancellationToken);
        lock (_lock)
            _room = level.Limit - level.Quarantined;
        if (level.PausedNow)
            logger.CollectionPaused(collection, level.PauseReason!);
        return level.PauseReason is not null;
    }

    private bool IsDue(long quarantined)
    {
        lock (_lock)
        {
            _unseen += quarantined;
            var isDue = _askedAt is not { } asked || _unseen > _room
                || (_unseen >= _room / Parts && time.GetElapsedTime(asked) >= Interval);
            if (isDue)
                (_unseen, _askedAt) = (0, time.GetTimestamp());
            return isDue;
        }
    }
}
