using MassTransit;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Messages;

namespace Migration.Worker.Consumers;

/// <summary>What a worker sends on account of a slice's message: the rest of the slice, and news of its outcome.</summary>
internal sealed class SliceMessages(
    ConsumeContext<MigrateSlice> context, RunContext run, WorkerIdentity worker, TimeProvider time, ILogger logger)
{
    /// <summary>The slice of the message, to be sent again.</summary>
    public PendingSlice Received { get; } = new(
        new SliceId(context.Message.RunId, context.Message.Collection, context.Message.Slice), context.Message.Offset, context.Message.Limit);

    /// <summary>Returns once the broker has confirmed the messages.</summary>
    /// <exception cref="MessageGoesBackException">They could not be sent; the broker shall give the received one to somebody else.</exception>
    public async Task SendAsync(IReadOnlyCollection<PendingSlice> slices)
    {
        try
        {
            var endpoint = await context.GetSendEndpoint(RunTopology.SlicesAddress(run.Run, run.UsesBroker));
            await Task.WhenAll(slices.Select(slice => endpoint.Send(
                new MigrateSlice(slice.Id.RunId, run.Run.Name, slice.Id.Collection, slice.Id.Number, slice.Offset, slice.Limit),
                RunTopology.MustArrive, context.CancellationToken))).InTimeAsync(time, context.CancellationToken);
        }
        catch (Exception e)
        {
            throw new MessageGoesBackException("The rest of the slice could not be sent again: " + e.Message, e);
        }
    }

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
        var m = context.Message;
        var c = slice.Counts;
        return slice.State == SliceState.Failed
            ? context.Publish(new SliceFailed(
                m.RunId, m.Run, m.Collection, m.Slice, m.Offset, m.Limit, slice.Attempts, slice.Error ?? "", worker.Name),
                context.CancellationToken)
            : context.Publish(new SliceCompleted(
                m.RunId, m.Run, m.Collection, m.Slice, m.Offset, m.Limit, c.Read, c.Written, c.Quarantined, c.Skipped,
                worker.Name, slice.Seconds), context.CancellationToken);
    }
}
