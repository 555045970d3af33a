using System.Threading.Channels;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Worker.Sources;
using Migration.Worker.Suspects;

namespace Migration.Worker.Enrichment;

/// <summary>
/// The batches of an enriched collection: pages are read and mapped ahead of the one whose records are being sent through
/// enrichment, and that ahead of the one that is being committed, so that the worker's slots stay full over the ends of pages
/// and slices. Records may end in any order, batches come out in theirs: the checkpoint never passes a record whose outcome
/// is not known.
/// </summary>
/// <remarks>
/// <para>What is ahead is bounded: four times the records that may be in flight, twice the bytes of a batch. It is also
/// what is done again when the process is killed, so pages are made no larger than a second's work, by what the pages before
/// took.</para>
/// <para>Asked to stop, it takes no further records; those in flight have a few seconds to end. A page of which not every
/// record was taken is dropped, for it has no checkpoint.</para>
/// </remarks>
internal sealed class EnrichedBatches : ISliceBatches
{
    private const int RecordsWorth = 4;
    private const int BytesWorth = 2;

    /// <summary>Each is an object with its values while it is enriched.</summary>
    private const int MostRecords = 2_000;

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
    private readonly Channel<EnrichedPage> _mapped = Channel.CreateUnbounded<EnrichedPage>(new() { SingleReader = true, SingleWriter = true });
    private readonly Channel<EnrichedPage> _ready = Channel.CreateUnbounded<EnrichedPage>(new() { SingleReader = true, SingleWriter = true });
    private readonly AheadWindow _window;
    private readonly int _line;
    private Task? _producing;
    private Task? _reading;
    private EnrichedPage? _current;

    /// <param name="enter">Is told of each step.</param>
    /// <param name="drain">Asks to stop.</param>
    public EnrichedBatches(
        CollectionRows pipeline, RowEnrichment enrichment, PageReader pages, WorkerSettings settings, SliceClaim claim, Pulse pulse,
        Func<string, CancellationToken, Task> enter, TimeProvider time, CancellationToken drain, CancellationToken cancellationToken)
    {
        (_pipeline, _enrichment, _pages, _settings) = (pipeline, enrichment, pages, settings);
        (_claim, _pulse, _enter, _time) = (claim, pulse, enter, time);
        _line = enrichment.Slots.JoinLine();
        _size = new PageSize(enrichment.Slots.Count, enrichment.GroupSize, Math.Min(MostRecords, settings.BatchRecords));

        // A suspect is given up after its first batch: nothing is taken beyond it.
        _window = claim.IsSuspect
            ? new AheadWindow(1, 0, 0)
            : new AheadWindow(2, RecordsWorth * enrichment.Slots.Count, (long)BytesWorth * pages.BatchBytes);
        _work = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _grace = CancellationTokenSource.CreateLinkedTokenSource(_work.Token);
        _stop = new CancellationTokenSource(TimeSpan.FromSeconds(settings.SliceBudgetSeconds), time);
        _ending = _stop.Token.Register(() => _grace.CancelAfter(Grace));
        _stopping = drain.Register(Stop);
    }

    public EnrichedBatches Begin()
    {
        _reading = RunAsync(_mapped.Writer, ReadAsync);
        _producing = RunAsync(_ready.Writer, StartAsync);
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
        await Task.WhenAll(_reading ?? Task.CompletedTask, _producing ?? Task.CompletedTask);
        await DropAsync(_current);
        while (_ready.Reader.TryRead(out var page) || _mapped.Reader.TryRead(out page))
            await DropAsync(page);
        foreach (var source in new[] { _grace, _stop, _work })
            source.Dispose();
        _window.Dispose();
    }

    /// <summary>Never fails: what went wrong comes out behind the pages that went well.</summary>
    private async Task RunAsync(ChannelWriter<EnrichedPage> pages, Func<ChannelWriter<EnrichedPage>, CancellationToken, Task> produceAsync)
    {
        using var taking = CancellationTokenSource.CreateLinkedTokenSource(_work.Token, _stop.Token);
        try
        {
            await produceAsync(pages, taking.Token);
            pages.Complete();
        }
        catch (OperationCanceledException) when (taking.IsCancellationRequested)
        {
            pages.Complete();
        }
        catch (Exception e)
        {
            pages.Complete(e);
        }
    }

    /// <summary>As far ahead as there is room, whether or not slots are free: one that comes free finds its record waiting.</summary>
    private async Task ReadAsync(ChannelWriter<EnrichedPage> mapped, CancellationToken taking)
    {
        await Task.Yield();
        var after = _claim.Checkpoint;
        for (var isFinal = false; !isFinal;)
        {
            await _window.WaitForRoomAsync(taking);
            var page = await MapAsync(await _pages.ReadAsync(_claim, after, _size.Records, _pulse, taking), taking);
            (after, isFinal) = (page.Batch.Page.Last, page.Batch.Page.IsFinal);
            _window.Add(page.Records, page.Bytes);
            mapped.TryWrite(page);
        }
    }

    private async Task<EnrichedPage> MapAsync(SourcePage read, CancellationToken taking)
    {
        var page = new EnrichedPage(new MappedBatch(_pipeline), read, _work.Token);
        try
        {
            await _enter("map", taking);
            page.Batch.Map(read, _pulse, _pages.BatchBytes);
            return page;
        }
        catch
        {
            await DropAsync(page);
            throw;
        }
    }

    private async Task StartAsync(ChannelWriter<EnrichedPage> ready, CancellationToken taking)
    {
        await foreach (var page in _mapped.Reader.ReadAllAsync(taking))
        {
            try
            {
                await _enter("enrich", taking);
                await page.StartAsync(_enrichment, _line, _pulse, taking);
            }
            catch
            {
                await DropAsync(page);
                throw;
            }

            ready.TryWrite(page);
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
