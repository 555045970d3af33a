using MassTransit;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Messages;

namespace Migration.Worker.Consumers;

/// <summary>What a worker sends on account of a slice in a message: the rest of the slice, and news of its outcome.</summary>
/// <param name="received">The slice of the message, to be sent again.</param>
internal sealed class SliceMessages(
    ConsumeContext context, PendingSlice received, RunContext run, WorkerIdentity worker, TimeProvider time, ILogger logger)
{
    public PendingSlice Received => received;

    /// <summary>Returns once the broker has confirmed the messages.</summary>
    /// <exception cref="MessageGoesBackException">They could not be sent; the broker shall give the received one to somebody else.</exception>
    public Task SendAsync(IReadOnlyCollection<PendingSlice> slices)
        => SliceSending.SendAsync([.. slices.Select(slice => new[] { slice })], context, run, time);

    /// <summary>Publishes the news. Losing it loses nothing, so it never makes a slice fail.</summary>
    public async Task TellAsync(SliceProgress slice)
    {
        try
        {
            await PublishAsync(slice).InTimeAsync(time, context.CancellationToken);
        }
        catch (Exception e)
        {
            logger.NewsLost(slice.Id.ToString(), TransientRetry.FirstLine(e));
        }
    }

    private Task PublishAsync(SliceProgress slice)
    {
        var (id, c) = (slice.Id, slice.Counts);
        return slice.State == SliceState.Failed
            ? context.Publish(new SliceFailed(
                id.RunId, run.Run.Name, id.Collection, id.Number, slice.Offset, slice.Limit, slice.Attempts, slice.Error ?? "", worker.Name),
                context.CancellationToken)
            : context.Publish(new SliceCompleted(
                id.RunId, run.Run.Name, id.Collection, id.Number, slice.Offset, slice.Limit, c.Read, c.Written, c.Quarantined, c.Skipped,
                worker.Name, slice.Seconds), context.CancellationToken);
    }
}
