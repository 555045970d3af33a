using Migration.Contracts.Ledger;
using Migration.Worker.Sources;
using Migration.Worker.Suspects;

namespace Migration.Worker;

/// <summary>
/// The batches of a collection without enrichment: the page after the one in hand is read meanwhile, so memory is two pages
/// and one batch of rows, whatever the slice's size.
/// </summary>
internal sealed class MappedBatches(
    CollectionRows pipeline, PageReader pages, SliceClaim claim, Pulse pulse, Func<string, CancellationToken, Task> enter, TimeProvider time,
    CancellationToken cancellationToken)
    : ISliceBatches
{
    private readonly CancellationTokenSource _readAhead = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    private readonly MappedBatch _batch = new(pipeline);
    private Task<SourcePage>? _next;
    private SourcePage? _page;
    private int _taken;
    private bool _isStopped;

    /// <summary>Starts to read.</summary>
    public MappedBatches Begin()
    {
        _next = pages.ReadAsync(claim, claim.Checkpoint, pulse, _readAhead.Token);
        return this;
    }

    public async Task<MappedBatch?> NextAsync(CancellationToken cancellationToken)
    {
        if (_isStopped || !await TurnPageAsync())
            return null;
        await enter("map", cancellationToken);
        var mapping = time.GetTimestamp();
        _batch.Map(_taken == 0 ? _page! : new PagePart(_page!, _taken, _page!.Records.Count - _taken), pulse, pages.BatchBytes);
        _taken += _batch.Page.Records.Count;
        Instruments.Passed("map", mapping, time);
        return _batch;
    }

    /// <returns>False after the last page; the page in hand stays while a part of it is left.</returns>
    private async Task<bool> TurnPageAsync()
    {
        if (_page is not null && _taken < _page.Records.Count)
            return true;
        _page?.Dispose();
        _page = null;
        if (_next is null)
            return false;
        (_page, _taken) = (await _next, 0);
        _next = _page.IsFinal ? null : pages.ReadAsync(claim, _page.Last, pulse, _readAhead.Token);
        return true;
    }

    public void Stop() => _isStopped = true;

    public async ValueTask DisposeAsync()
    {
        await _readAhead.CancelAsync();
        _page?.Dispose();
        await DropAsync(_next);
        _batch.Dispose();
        _readAhead.Dispose();
    }

    /// <summary>The page that was read ahead is not needed any more; what went wrong with it does not matter either.</summary>
    private static async Task DropAsync(Task<SourcePage>? next)
    {
        if (next is null)
            return;
        await Task.WhenAny(next);
        if (next.IsCompletedSuccessfully)
            (await next).Dispose();
    }
}
