using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Coordinator.Observing;
using Migration.Coordinator.Publishing;

namespace Migration.Coordinator.Tracking;

/// <summary>
/// Compares the ledger with what is going on and enqueues again what has neither an outcome nor a live owner.
/// </summary>
/// <remarks>
/// A slice in a worker's hands is abandoned when the worker said goodbye or its heartbeat is older than the lease. A
/// slice in the queue is lost when the queue is empty and yet it waits: the queue was purged, deleted or made anew, or
/// the message was dropped. Enqueuing one slice too many is harmless, for the ledger gives it away only once.
/// </remarks>
internal sealed class Reconciler(
    ProgressLedger progress, SlicePublisher publisher, RunQueues? queues, RunRecord run, TimeSpan lease, RunFigures figures,
    ILogger<Reconciler> logger)
{
    /// <summary>A message that was confirmed this long ago and is not in the queue is in nobody's buffer either.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    /// <summary>
    /// At least 10 seconds lie between two of them, and with an empty queue: more than an hour in which somebody could have
    /// claimed the slice.
    /// </summary>
    private const int MostMessages = 500;

    public async Task ReconcileAsync(CancellationToken cancellationToken)
    {
        if (await progress.FailUnclaimedAsync(run.Id, MostMessages, cancellationToken) is > 0 and var hopeless)
            logger.NeverClaimed(hopeless, MostMessages);
        var abandoned = await progress.ReleaseAbandonedAsync(run.Id, lease, cancellationToken);
        if (abandoned.Count > 0)
        {
            figures.Resent("abandoned", abandoned.Count);
            logger.Reenqueued(abandoned.Count, abandoned[0].Id.ToString());
            await publisher.PublishAsync(abandoned, cancellationToken);
        }

        if (queues is null ? await IsWorkedOnAsync(cancellationToken) : await queues.RestoreAsync(cancellationToken) > 0)
            return;
        var lost = await publisher.PublishPendingAsync(Silence, parcels: null, cancellationToken);
        if (lost == 0)
            return;
        figures.Resent("message_lost", lost);
        logger.MessagesLost(lost);
    }

    /// <summary>In memory the messages cannot be counted; but while any wait, something is in hand.</summary>
    private async Task<bool> IsWorkedOnAsync(CancellationToken cancellationToken)
        => (await progress.ByCollectionAsync(run.Id, cancellationToken)).Any(c => c.Slices.Running > 0);
}
