using Migration.Worker.Sources;
using Migration.Worker.Suspects;

namespace Migration.Worker.Enrichment;

/// <summary>A page on its way through enrichment, with the memory that it needs.</summary>
internal sealed class EnrichedPage(MappedBatch batch, SourcePage page, CancellationToken cancellationToken) : IDisposable
{
    private readonly CancellationTokenSource _work = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    private readonly List<Task<EnrichedGroup>> _groups = [];

    public MappedBatch Batch { get; } = batch;

    public int Records => page.Records.Count;

    /// <summary>Of documents, and of rows in tables of children as they were mapped.</summary>
    public long Bytes { get; private set; } = page.Bytes;

    /// <summary>What a group took in the mean, once all have ended; 0 without any.</summary>
    public double SecondsOfGroup => _groups.Count == 0 ? 0 : _groups.Average(group => group.Result.Seconds);

    /// <summary>Returns when every record is under way.</summary>
    /// <param name="line">Of the slice, in the order of slots.</param>
    /// <param name="taking">Ends the taking of further ones; those under way go on.</param>
    public Task StartAsync(RowEnrichment enrichment, int line, Pulse pulse, CancellationToken taking)
    {
        Bytes += Batch.Children?.Bytes ?? 0;
        return enrichment.StartAsync(Batch.Rows, Batch.Children, line, _groups, pulse, taking, _work.Token);
    }

    /// <summary>Waits for every record, and makes the batch what is to be written.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        // At once when one fails for what no record is to blame for.
        await foreach (var group in Task.WhenEach(_groups).WithCancellation(cancellationToken))
            await group;
        Batch.TakeEnriched([.. _groups.SelectMany(group => group.Result.Records)]);
    }

    /// <summary>Lets go of what is under way, and returns when nothing of it is left.</summary>
    public async Task AbandonAsync()
    {
        await _work.CancelAsync();
        await Task.WhenAny(Task.WhenAll(_groups));
    }

    public void Dispose()
    {
        Batch.Dispose();
        page.Dispose();
        _work.Dispose();
    }
}
