using Microsoft.Extensions.Logging;
using Migration.Coordinator.Publishing;
using Migration.Worker;

namespace Migration.Coordinator.Runs;

/// <summary>What is needed to put slices to work while a run is being followed.</summary>
/// <param name="Parcels">How slices are sent that have not been sent before.</param>
/// <param name="Queues">Null in process.</param>
/// <param name="Waiting">Messages in the work queue when the bus started.</param>
internal sealed record RunPublishing(
    SlicePublisher Publisher, SliceParcels Parcels, RunQueues? Queues, uint Waiting, ILoggerFactory Loggers)
{
    private static readonly TimeSpan LongAgo = TimeSpan.FromDays(1);

    /// <summary>
    /// What an earlier coordinator published still waits in the queue; with an empty queue its messages are lost and sent
    /// again. Should the broker go away meanwhile, reconcile sends the rest.
    /// </summary>
    public Task PublishPendingAsync(CancellationToken cancellationToken)
        => PublishAsync(Waiting > 0 ? LongAgo : TimeSpan.Zero, cancellationToken);

    /// <summary>Only slices for which no message was confirmed yet.</summary>
    public Task PublishPlannedAsync(CancellationToken cancellationToken) => PublishAsync(LongAgo, cancellationToken);

    private async Task PublishAsync(TimeSpan silentFor, CancellationToken cancellationToken)
    {
        try
        {
            await Publisher.PublishPendingAsync(silentFor, Parcels, cancellationToken);
        }
        catch (Exception e) when (BrokerFaults.IsTransient(e, cancellationToken))
        {
            Loggers.CreateLogger<SlicePublisher>().ReconcileFailed(TransientRetry.FirstLine(e));
        }
    }
}
