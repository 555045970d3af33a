using MassTransit;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Messages;

namespace Migration.Worker.Consumers;

/// <summary>Tells of slices of one message that are completed, those of one commit together, while the next ones are worked on.</summary>
internal sealed class SlicesNews(
    ConsumeContext<MigrateSlices> context, RunContext run, WorkerIdentity worker, TimeProvider time, ILogger logger)
{
    private readonly List<Task> _sending = [];
    private readonly List<SliceId> _told = [];

    /// <param name="slices">In order.</param>
    public void Completed(IReadOnlyList<SliceClaim> slices)
    {
        foreach (var claim in slices)
        {
            var (name, counts) = (claim.Id.ToString(), claim.Counts);
            Instruments.Ended(claim.Id.Collection, "completed");
            logger.Completed(name, counts.Read, counts.Written, counts.Quarantined, counts.Skipped);
            ProtocolPoint.Reached(ProtocolPoint.BeforeEvent, name);
            _told.Add(claim.Id);
        }

        _sending.AddRange(SliceRuns.Of(slices, slice => slice.Id.Number).Select(TellAsync));
    }

    /// <summary>Returns when all of it is sent, or lost.</summary>
    public async Task CompleteAsync()
    {
        await Task.WhenAll(_sending);
        foreach (var id in _told)
            ProtocolPoint.Reached(ProtocolPoint.BeforeAcknowledge, id.ToString());
    }

    /// <summary>Losing the news loses nothing, so it never makes a slice fail.</summary>
    private async Task TellAsync(List<SliceClaim> slices)
    {
        var (id, counts) = (slices[0].Id, slices.Aggregate(default(SliceCounts), (sum, slice) => sum + slice.Counts));
        try
        {
            await context.Publish(
                new SlicesCompleted(
                    id.RunId, run.Run.Name, id.Collection, id.Number, slices.Count, slices[0].Offset, slices.Sum(slice => slice.Limit),
                    counts.Read, counts.Written, counts.Quarantined, counts.Skipped, worker.Name, slices.Max(slice => slice.Seconds)),
                context.CancellationToken).InTimeAsync(time, context.CancellationToken);
        }
        catch (Exception e)
        {
            logger.NewsLost(id.ToString(), TransientRetry.FirstLine(e));
        }
    }
}
