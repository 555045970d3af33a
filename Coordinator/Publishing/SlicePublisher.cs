using MassTransit;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Worker;
using Migration.Worker.Consumers;

namespace Migration.Coordinator.Publishing;

/// <summary>
/// Sends slices to the run's queue, in batches whose confirms are awaited together, and notes in the ledger which were
/// confirmed. A coordinator that dies in between sends some of them twice, which the ledger's claim makes harmless.
/// </summary>
internal sealed class SlicePublisher(
    IBus bus, PlanLedger ledger, RunRecord run, bool broker, TimeProvider time, ILogger<SlicePublisher> logger)
{
    private const int BatchSize = 500;

    /// <summary>
    /// Sends every waiting slice of the run for which no message was confirmed within <paramref name="silentFor"/>,
    /// collection by collection. Returns how many.
    /// </summary>
    /// <param name="parcels">Says which of them go by one message; null to send one for each.</param>
    public async Task<int> PublishPendingAsync(TimeSpan silentFor, SliceParcels? parcels, CancellationToken cancellationToken)
    {
        var total = 0;
        foreach (var collection in await ledger.ListAsync(run.Id, cancellationToken))
        {
            var most = parcels?.MostOf(collection, await ledger.CountPendingAsync(run.Id, collection.Name, cancellationToken)) ?? 1;
            var sent = await PublishPendingAsync(collection.Name, silentFor, most, cancellationToken);
            if (sent > 0)
                logger.Published(collection.Name, sent);
            total += sent;
        }

        return total;
    }

    /// <summary>Sends a message for each; returns when the broker has confirmed all of them.</summary>
    /// <exception cref="TimeoutException">It does not.</exception>
    public Task PublishAsync(IReadOnlyCollection<PendingSlice> slices, CancellationToken cancellationToken)
        => PublishAsync([.. slices.Select(slice => new[] { slice })], cancellationToken);

    private async Task PublishAsync(IReadOnlyList<IReadOnlyList<PendingSlice>> parcels, CancellationToken cancellationToken)
    {
        var endpoint = await bus.GetSendEndpoint(RunTopology.SlicesAddress(run, broker));
        await endpoint.SendAsync(run.Name, parcels, cancellationToken).InTimeAsync(time, cancellationToken);
        ProtocolPoint.Reached(ProtocolPoint.MessagesConfirmed);
        foreach (var collection in parcels.SelectMany(parcel => parcel).GroupBy(slice => slice.Id.Collection, slice => slice.Id.Number))
        {
            await TransientRetry.Create($"Noting messages for {collection.Key}", logger, time).ExecuteAsync(
                async token => await ledger.MarkQueuedAsync(run.Id, collection.Key, [.. collection], token), cancellationToken);
        }
    }

    private async Task<int> PublishPendingAsync(string collection, TimeSpan silentFor, int most, CancellationToken cancellationToken)
    {
        var (after, total) = (-1, 0);
        while (await ledger.ListPendingAsync(run.Id, collection, after, BatchSize, silentFor, cancellationToken)
            is { Count: > 0 } batch)
        {
            await PublishAsync(SliceParcels.Pack(batch, most), cancellationToken);
            after = batch[^1].Id.Number;
            total += batch.Count;
        }

        return total;
    }
}
