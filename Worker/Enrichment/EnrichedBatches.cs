using System.Threading.Channels;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Worker.Suspects;

namespace Migration.Worker.Enrichment;

/// <summary>
/// The batches of an enriched collection: pages are read, mapped and sent through enrichment ahead of the one that is being
/// committed, so that the worker's slots stay full over the ends of pages and slices. Records may end in any order, batches
/// come out in theirs: the checkpoint never passes a record whose outcome is not known.
/// </summary>
/// <remarks>
/// <para>What is ahead is bounded: four times the records that may be in flight, eight times the bytes of a batch. It is also
/// what is done again when the process is killed, so pages are made no larger than a second's work, by what the pages before
/// took.</para>
/// <para>Asked to stop, it takes no further records; those in flight have a few seconds to end. A page of which not every
/// record was taken is dropped, for it has no checkpoint.</para>
/// </remarks>
internal sealed class EnrichedBatches : ISliceBatches
{
    private const int RecordsWorth = 4;
    private const int BytesWorth = 8;

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(12);

    private readonly CollectionRows _pipeline;
    private readonly RowEnrichment _enrichment;
    private readonly PageReader _pages;
    private readonly WorkerSettings _settings;
    private readonly SliceClaim _claim;
    private readonly Pulse _pulse;
    private readonly Func<string, CancellationToken, Task> _enter;
    private readonly TimeProvider _time;
    private readonly PageSize _size;
    private readonly CancellationTokenSource _work;
    private readonly CancellationTokenSource _stop;
    private readonly CancellationTokenSource _grace;
    private readonly CancellationTokenRegistration _ending;
    private readonly CancellationTokenRegistration _stopping;
    private readonly Channel<EnrichedPage> _ready = Channel.CreateUnbounded<EnrichedPage>(new() { SingleReader = true, SingleWriter = true });
    private readonly AheadWindow _window;
    private Task? _producing;
    private EnrichedPage? _current;

    /// <param name="enter">Is told of each step.</param>
    /// <param name="drain">Asks to stop.</param>
    public EnrichedBatches(
        CollectionRows pipeline, RowEnrichment enrichment, PageReader pages, WorkerSettings settings, SliceClaim claim, Pulse pulse,
        Func<string, CancellationToken, Task> enter, TimeProvider time, CancellationToken drain, CancellationToken cancellationToken)
    {
        (_pipeline, _enrichment, _pages, _settings) = (pipeline, enrichment, pages, settings);
        (_claim, _pulse, _enter, _time) = (claim, pulse, enter, time);
        _size = new PageSize(enrichment.Slots.Count, enrichment.GroupSize, settings.BatchRecords);

        // A suspect is given up after its first batch: nothing is taken beyond it.
        _window = claim.IsSuspect
            ? new AheadWindow(1, 0, 0)
            : new AheadWindow(2, RecordsWorth * enrichment.Slots.Count, (long)BytesWorth * settings.BatchBytes);
        _work = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _grace = CancellationTokenSource.CreateLinkedTokenSource(_work.Token);
        _stop = new CancellationTokenSource(TimeSpan.FromSeconds(settings.SliceBudgetSeconds), time);
        _ending = _stop.Token.Register(() => _grace.CancelAfter(Grace));
        _stopping = drain.Register(Stop);
    }

    public EnrichedBatches Begin()
    {
        _producing = ProduceAsync();
        return this;
    }

    public async Task<MappedBatch?> NextAsync(CancellationToken cancellationToken)
    {
        Release();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _grace.Token);
        try
        {
            if (!await _ready.Reader.WaitToReadAsync(end.Token) || !_ready.Reader.TryRead(out _current))
                return null;
            var started = _time.GetTimestamp();
            await _current.EndAsync(end.Token);
            Instruments.Passed("enrich", started, _time);
            _size.Learn(_current.SecondsOfGroup);
            return _current.Batch;
        }
        catch (OperationCanceledException) when (_grace.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    public void Stop() => _stop.Cancel();

    public async ValueTask DisposeAsync()
    {
        // Nothing may be in flight any more over memory that goes back to its pool.
        await _stopping.DisposeAsync();
        await _ending.DisposeAsync();
        await _stop.CancelAsync();
        await _work.CancelAsync();
        if (_producing is not null)
            await _producing;
        await DropAsync(_current);
        while (_ready.Reader.TryRead(out var page))
            await DropAsync(page);
        foreach (var source in new[] { _grace, _stop, _work })
            source.Dispose();
        _window.Dispose();
    }

    /// <summary>Never fails: what went wrong comes out where the next batch is asked for.</summary>
    private async Task ProduceAsync()
    {
        using var taking = CancellationTokenSource.CreateLinkedTokenSource(_work.Token, _stop.Token);
        try
        {
            var after = _claim.Checkpoint;
            for (var isFinal = false; !isFinal;)
            {
                await _window.WaitForRoomAsync(taking.Token);
                var page = await PrepareAsync(after, taking.Token);
                (after, isFinal) = (page.Batch.Page.Last, page.Batch.Page.IsFinal);
                _window.Add(page.Records, page.Bytes);
                _ready.Writer.TryWrite(page);
            }

            _ready.Writer.Complete();
        }
        catch (OperationCanceledException) when (taking.IsCancellationRequested)
        {
            _ready.Writer.Complete();
        }
        catch (Exception e)
        {
            _ready.Writer.Complete(e);
        }
    }

    private async Task<EnrichedPage> PrepareAsync(RecordPosition? after, CancellationToken taking)
    {
        var read = await _pages.ReadAsync(_claim, after, _size.Records, _pulse, taking);
        var page = new EnrichedPage(new MappedBatch(_pipeline), read, _work.Token);
        try
        {
            await _enter("map", taking);
            page.Batch.Map(read, _pulse, _settings.BatchBytes);
            await _enter("enrich", taking);
            await page.StartAsync(_enrichment, _pulse, taking);
            return page;
        }
        catch
        {
            await DropAsync(page);
            throw;
        }
    }

    private void Release()
    {
        if (_current is not { } page)
            return;
        _current = null;
        _window.Remove(page.Records, page.Bytes);
        page.Dispose();
    }

    private static async Task DropAsync(EnrichedPage? page)
    {
        if (page is null)
            return;
        await page.AbandonAsync();
        page.Dispose();
    }
}
