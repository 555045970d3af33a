using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Worker.Sources;
using Migration.Worker.Suspects;

namespace Migration.Worker;

/// <summary>Reads pages of a collection's slices: below the user's cap on reading, and again when the server was away.</summary>
internal sealed class PageReader(
    ICollectionSource source, WorkerSettings settings, SourceThrottle throttle, TimeProvider time, ILogger logger, BatchSize? size = null)
{
    private readonly BatchSize _size = size ?? new(settings.BatchBytes, settings.BatchRecords);

    public ICollectionSource Source { get; } = source;

    /// <summary>Bytes of documents in a batch at most.</summary>
    public int BatchBytes => settings.BatchBytes;

    /// <param name="took">To write a batch of what was read here.</param>
    public void Learn(TimeSpan took, SourcePage batch) => _size.Learn(took, batch.Bytes, batch.Records.Count);

    /// <inheritdoc cref="BatchSize.LearnOfFailure"/>
    public bool LearnOfFailure(TimeSpan after) => _size.LearnOfFailure(after);

    /// <summary>The page after <paramref name="after"/>, of the size that the settings and PostgreSQL's speed allow.</summary>
    public Task<SourcePage> ReadAsync(
        SliceClaim claim, RecordPosition? after, Pulse pulse, CancellationToken cancellationToken)
        => ReadAsync(claim, after, _size.Records, pulse, cancellationToken);

    /// <param name="most">Records at most; less where the settings ask for smaller pages.</param>
    public async Task<SourcePage> ReadAsync(
        SliceClaim claim, RecordPosition? after, int most, Pulse pulse, CancellationToken cancellationToken)
    {
        using (pulse.Pause())
            await throttle.WaitAsync(cancellationToken);
        ProtocolPoint.Reached(ProtocolPoint.BeforeRead, claim.Id.ToString());
        var started = time.GetTimestamp();
        var page = await TransientRetry.Create($"Reading {claim.Id}", logger, time, pulse).ExecuteAsync(
            async token => await Source.ReadPageAsync(
                claim.Range, after, throttle.Most(Math.Min(most, _size.Records)), _size.Bytes, token),
            cancellationToken);
        Instruments.Passed("read", started, time);
        throttle.Charge(page.Records.Count);
        pulse.Beat();
        return page;
    }
}
