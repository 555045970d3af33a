using MassTransit;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Messages;
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
    public async Task<int> PublishPendingAsync(TimeSpan silentFor, CancellationToken cancellationToken)
    {
        var total = 0;
        foreach (var collection in await ledger.ListAsync(run.Id, cancellationToken))
        {
            var sent = await PublishPendingAsync(collection.Name, silentFor, cancellationToken);
            if (sent > 0)
                logger.Published(collection.Name, sent);
            total += sent;
        }

        return total;
    }

    /// <summary>Sends a message for each; returns when the broker has confirmed all of them.</summary>
    /// <exception cref="TimeoutException">It does not.</exception>
    public async Task PublishAsync(IReadOnlyCollection<PendingSlice> slices, CancellationToken cancellationToken)
    {
        var endpoint = await bus.GetSendEndpoint(RunTopology.SlicesAddress(run, broker));
        await Task.WhenAll(slices.Select(slice => endpoint.Send(
            new MigrateSlice(run.Id, run.Name, slice.Id.Collection, slice.Id.Number, slice.Offset, slice.Limit),
            RunTopology.MustArrive, cancellationToken))).InTimeAsync(time, cancellationToken);
        ProtocolPoint.Reached(ProtocolPoint.MessagesConfirmed);
        foreach (var collection in slices.GroupBy(slice => slice.Id.Collection, slice => slice.Id.Number))
            await ledger.MarkQueuedAsync(run.Id, collection.Key, [.. collection], cancellationToken);
    }

    private async Task<int> PublishPendingAsync(string collection, TimeSpan silentFor, CancellationToken cancellationToken)
    {
        var (after, total) = (-1, 0);
        while (await ledger.ListPendingAsync(run.Id, collection, after, BatchSize, silentFor, cancellationToken)
            is { Count: > 0 } batch)
        {
            await PublishAsync(batch, cancellationToken);
            after = batch[^1].Id.Number;
            total += batch.Count;
        }

        return total;
    }
}
