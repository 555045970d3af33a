using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Worker.Sources;
using Migration.Worker.Suspects;

namespace Migration.Worker;

/// <summary>Reads pages of a collection's slices: below the user's cap on reading, and again when the server was away.</summary>
internal sealed class PageReader(
    ICollectionSource source, WorkerSettings settings, SourceThrottle throttle, TimeProvider time, ILogger logger, BatchSizes? sizes = null)
{
    public ICollectionSource Source { get; } = source;

    public BatchSizes Sizes { get; } = sizes ?? new(settings);

    /// <summary>Bytes of documents in a batch that is kept, at most.</summary>
    public int BatchBytes { get; } = BatchSizes.MostKeptBytes(settings);

    /// <summary>The page after <paramref name="after"/>, of the size that the settings and PostgreSQL's speed allow.</summary>
    public Task<SourcePage> ReadAsync(
        SliceClaim claim, RecordPosition? after, Pulse pulse, CancellationToken cancellationToken)
        => ReadAsync(claim, after, int.MaxValue, pulse, cancellationToken);

    /// <summary>The part after <paramref name="after"/> of a batch that is streamed.</summary>
    public Task<SourcePage> ReadPartAsync(
        SliceClaim claim, RecordPosition? after, Pulse pulse, CancellationToken cancellationToken)
        => ReadAsync(claim, after, Sizes.PartRecords(Source.PageBytes), Sizes.PartBytes(Source.PageBytes), pulse, cancellationToken);

    /// <param name="most">Records at most; less where the settings ask for smaller pages.</param>
    public Task<SourcePage> ReadAsync(
        SliceClaim claim, RecordPosition? after, int most, Pulse pulse, CancellationToken cancellationToken)
        => ReadAsync(claim, after, Math.Min(most, Sizes.Kept.Records), Sizes.Kept.Bytes, pulse, cancellationToken);

    private async Task<SourcePage> ReadAsync(
        SliceClaim claim, RecordPosition? after, int mostRecords, int mostBytes, Pulse pulse, CancellationToken cancellationToken)
    {
        using (pulse.Pause())
            await throttle.WaitAsync(cancellationToken);
        ProtocolPoint.Reached(ProtocolPoint.BeforeRead, claim.Id.ToString());
        var started = time.GetTimestamp();
        var page = await TransientRetry.Create($"Reading {claim.Id}", logger, time, pulse).ExecuteAsync(
            async token => await Source.ReadPageAsync(
                claim.Range, after, throttle.Most(mostRecords), mostBytes, token),
            cancellationToken);
        Instruments.Passed("read", started, time);
        throttle.Charge(page.Records.Count);
        pulse.Beat();
        return page;
    }
}
