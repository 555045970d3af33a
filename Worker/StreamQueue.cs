using Migration.Contracts.Ledger;

namespace Migration.Worker;

/// <summary>
/// Small slices of one collection whose records are ready to be streamed. Each waits for a lane, or for one that has a lane
/// and takes it along: what comes while a COPY is under way goes into the same COPY and the same transaction. So many small
/// slices cost PostgreSQL little more than few large ones, and a lone slice waits for nobody.
/// </summary>
/// <remarks>
/// Each slice keeps its own fence. Should one of them be lost, or rows be refused, nothing of the transaction is committed,
/// and each of its slices goes on by itself: it asks the ledger how far it is, reads its records again and has them kept.
/// </remarks>
internal sealed class StreamQueue(Places lanes)
{
    /// <summary>Of a worker: one writes while the other commits.</summary>
    public const int Lanes = 2;

    private readonly Lock _lock = new();

    /// <summary>Those that nobody has taken, in the order in which they came.</summary>
    private readonly LinkedList<Entry> _waiting = [];

    /// <summary>Slices that nobody has taken.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
                return _waiting.Count;
        }
    }

    /// <summary>Writes and commits it, alone or with others.</summary>
    /// <param name="writeAsync">Writes and commits a batch; called for the slice that has the lane.</param>
    /// <param name="drain">Asks to stop: no lane is waited for any more.</param>
    /// <returns>The claim as it is then; null where nothing was begun, as the worker stops.</returns>
    /// <exception cref="SharedStreamException">For a reason that is another slice's it is not known whether it went through.</exception>
    public async Task<SliceClaim?> WriteAsync(
        StreamedSlice slice, Func<StreamedBatch, CancellationToken, Task> writeAsync, CancellationToken drain)
    {
        var own = new Entry(slice);
        if (!slice.IsSmall)
        {
            await LeadAsync(own, writeAsync);
            return await own.Outcome.Task;
        }

        lock (_lock)
            _waiting.AddLast(own.Place);
        using var lane = await LaneAsync(own, drain);
        if (lane is not null)
            await LeadAsync(own, writeAsync);
        return lane is null && !own.Taken.Task.IsCompleted ? null : await own.Outcome.Task;
    }

    /// <returns>Null when another one took it along, or when the worker stops before there is a lane.</returns>
    private async Task<IDisposable?> LaneAsync(Entry own, CancellationToken drain)
    {
        using var pause = own.Slice.Wait();
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(own.Slice.Cancellation, drain);
        var entering = lanes.EnterAsync(waiting.Token);
        await Task.WhenAny(entering, own.Taken.Task);
        if (!TryTake(own))
        {
            await waiting.CancelAsync();
            await ((Task)entering).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (entering.IsCompletedSuccessfully)
                (await entering).Dispose();
            return null;
        }

        try
        {
            return await entering;
        }
        catch (OperationCanceledException) when (!own.Slice.Cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task LeadAsync(Entry own, Func<StreamedBatch, CancellationToken, Task> writeAsync)
    {
        using var cancelling = CancellationTokenSource.CreateLinkedTokenSource(own.Slice.Cancellation);
        await using var company = new Company(this, own, cancelling);
        using var batch = new StreamedBatch(own.Slice, company);
        try
        {
            await writeAsync(batch, cancelling.Token);
            foreach (var entry in company.Entries)
                entry.Outcome.TrySetResult(entry.Slice.After!);
        }
        catch (Exception e)
        {
            foreach (var entry in company.Entries)
                entry.Outcome.TrySetException(batch.ReasonFor(entry.Slice, e));
        }
    }

    /// <summary>The one that has waited longest, if it fits.</summary>
    private Entry? Take(Func<StreamedSlice, bool> fits)
    {
        lock (_lock)
        {
            // One that is to end leaves by itself.
            var next = _waiting.FirstOrDefault(entry => !entry.Slice.Cancellation.IsCancellationRequested);
            if (next is null || !fits(next.Slice))
                return null;
            _waiting.Remove(next.Place);
            next.Taken.SetResult();
            return next;
        }
    }

    private bool TryTake(Entry own)
    {
        lock (_lock)
        {
            if (own.Place.List is null)
                return false;
            _waiting.Remove(own.Place);
            return true;
        }
    }

    /// <summary>The slices of one batch.</summary>
    private sealed class Company(StreamQueue queue, Entry first, CancellationTokenSource cancelling) : IStreamsWaiting, IAsyncDisposable
    {
        private readonly List<Entry> _entries = [first];
        private readonly List<CancellationTokenRegistration> _listening = [];

        public IReadOnlyList<Entry> Entries => _entries;

        public int Count => queue.Waiting;

        public StreamedSlice? TakeNext(Func<StreamedSlice, bool> fits)
        {
            if (queue.Take(fits) is not { } next)
                return null;
            _entries.Add(next);

            // Its rows are its own: once it is to end, they are not sent any more, nor are the others'.
            _listening.Add(next.Slice.Cancellation.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), cancelling));
            return next.Slice;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var registration in _listening)
                await registration.DisposeAsync();
        }
    }

    private sealed class Entry
    {
        public Entry(StreamedSlice slice)
        {
            Slice = slice;
            Place = new(this);
        }

        public StreamedSlice Slice { get; }

        public LinkedListNode<Entry> Place { get; }

        /// <summary>Another one writes it.</summary>
        public TaskCompletionSource Taken { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<SliceClaim> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
