using Migration.Contracts.Ledger;
using Migration.Worker.Sources;
using Migration.Worker.Suspects;

namespace Migration.Worker;

/// <summary>
/// The batches of a collection without enrichment: the one after the batch in hand is read and mapped meanwhile, so memory
/// is two pages and two batches of rows, whatever the slice's size. Of a suspect nothing is touched before its turn. Where
/// rows may be streamed, they are small parts of what one COPY takes.
/// </summary>
/// <param name="keeps">So many records from the checkpoint on are in no part, whatever may be with the others.</param>
internal sealed class MappedBatches(
    CollectionRows pipeline, PageReader pages, SliceClaim claim, Pulse pulse, Func<string, CancellationToken, Task> enter, TimeProvider time,
    long keeps, CancellationToken cancellationToken)
    : ISliceBatches
{
    private readonly CancellationTokenSource _work = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    private Slot _inHand = new(pipeline);
    private Slot _next = new(pipeline);
    private Task<bool>? _ahead;
    private bool _isStopped;

    // Whose turn it is to prepare has these: one at a time.
    private SourcePage? _page;
    private RecordPosition? _after = claim.Checkpoint;
    private int _taken;
    private long _keeps = keeps;
    private bool _isAtEnd;

    private volatile string _step = "read";
    private volatile bool _isAwaited;

    /// <summary>Starts to read.</summary>
    public MappedBatches Begin()
    {
        PrepareAhead();
        return this;
    }

    public async Task<MappedBatch?> NextAsync(CancellationToken cancellationToken)
    {
        _inHand.Release();
        if (_isStopped)
            return null;
        _isAwaited = true;
        await enter(_step, cancellationToken);
        var isThere = await (_ahead ?? PrepareAsync());
        (_isAwaited, _ahead) = (false, null);
        if (!isThere)
            return null;
        (_inHand, _next) = (_next, _inHand);
        PrepareAhead();
        return _inHand.Batch;
    }

    public void Stop() => _isStopped = true;

    /// <summary>Waits a while for the next one, which <see cref="NextAsync"/> then returns without waiting.</summary>
    /// <returns>What it is of. Null when there is none, or none in time, or not without trouble.</returns>
    public async Task<SourcePage?> PeekAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        if (_isStopped || _ahead is not { } next)
            return null;
        if (!next.IsCompleted)
            await ((Task)next).WaitAsync(patience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return next.IsCompletedSuccessfully && await next ? _next.Batch.Page : null;
    }

    public async ValueTask DisposeAsync()
    {
        await _work.CancelAsync();

        // What was prepared ahead is not needed any more; what went wrong with it does not matter either.
        if (_ahead is not null)
            await Task.WhenAny(_ahead);
        _page?.Dispose();
        _inHand.Dispose();
        _next.Dispose();
        _work.Dispose();
    }

    private void PrepareAhead()
    {
        if (!claim.IsSuspect && !_isAtEnd)
            _ahead = Task.Run(PrepareAsync, CancellationToken.None);
    }

    /// <returns>False after the last page.</returns>
    private async Task<bool> PrepareAsync()
    {
        if (_page is null && _isAtEnd)
            return false;
        if (_page is null)
        {
            await StepAsync("read");
            var isPart = _keeps <= 0 && !claim.IsSuspect && pipeline.MayStream;
            _taken = 0;
            _page = await (isPart ? pages.ReadPartAsync(claim, _after, pulse, _work.Token) : pages.ReadAsync(claim, _after, pulse, _work.Token));
            _keeps -= _page.Records.Count;
        }

        await StepAsync("map");
        var mapping = time.GetTimestamp();
        _next.Batch.Map(_taken == 0 ? _page : new PagePart(_page, _taken, _page.Records.Count - _taken), pulse, pages.BatchBytes);
        _taken += _next.Batch.Page.Records.Count;
        Instruments.Passed("map", mapping, time);
        if (_taken < _page.Records.Count)
            return true;
        (_next.Ends, _after, _isAtEnd, _page) = (_page, _page.Last, _page.IsFinal, null);
        return true;
    }

    /// <summary>While a batch is written, that is the step which others are told of.</summary>
    private async Task StepAsync(string step)
    {
        _step = step;
        if (_isAwaited)
            await enter(step, _work.Token);
    }

    /// <summary>A batch and the page that ends with it, which must stay as long as the batch is used.</summary>
    private sealed class Slot(CollectionRows pipeline) : IDisposable
    {
        public MappedBatch Batch { get; } = new(pipeline);

        public SourcePage? Ends { get; set; }

        public void Release()
        {
            Ends?.Dispose();
            Ends = null;
        }

        public void Dispose()
        {
            Release();
            Batch.Dispose();
        }
    }
}
