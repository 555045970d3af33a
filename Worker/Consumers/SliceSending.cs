using MassTransit;
using Migration.Contracts.Ledger;
using Migration.Contracts.Messages;

namespace Migration.Worker.Consumers;

/// <summary>Sends messages for slices to a run's queue; the same for coordinator and workers.</summary>
public static class SliceSending
{
    /// <summary>One message for each parcel, of one slice or of several that follow each other.</summary>
    public static Task SendAsync(
        this ISendEndpoint endpoint, string run, IEnumerable<IReadOnlyList<PendingSlice>> parcels, CancellationToken cancellationToken)
        => Task.WhenAll(parcels.Select(parcel => SendAsync(endpoint, run, parcel, cancellationToken)));

    /// <summary>Returns once the broker has confirmed the messages.</summary>
    /// <exception cref="MessageGoesBackException">They could not be sent; the broker shall give the received one to somebody else.</exception>
    internal static async Task SendAsync(
        IReadOnlyCollection<IReadOnlyList<PendingSlice>> parcels, ConsumeContext context, RunContext run, TimeProvider time)
    {
        try
        {
            var endpoint = await context.GetSendEndpoint(RunTopology.SlicesAddress(run.Run, run.UsesBroker));
            await endpoint.SendAsync(run.Run.Name, parcels, context.CancellationToken).InTimeAsync(time, context.CancellationToken);
        }
        catch (Exception e)
        {
            throw new MessageGoesBackException("What is left could not be sent again: " + e.Message, e);
        }
    }

    private static Task SendAsync(ISendEndpoint endpoint, string run, IReadOnlyList<PendingSlice> parcel, CancellationToken cancellationToken)
    {
        var (id, offset, limit) = parcel[0];
        return parcel.Count == 1
            ? endpoint.Send(new MigrateSlice(id.RunId, run, id.Collection, id.Number, offset, limit), RunTopology.MustArrive, cancellationToken)
            : endpoint.Send(
                new MigrateSlices(id.RunId, run, id.Collection, id.Number, parcel.Count, offset, parcel.Sum(slice => slice.Limit)),
                RunTopology.MustArrive, cancellationToken);
    }
}
