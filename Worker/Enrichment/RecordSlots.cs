namespace Migration.Worker.Enrichment;

/// <summary>
/// The records that a worker process may have in flight at a time, over all of its slices. A slot that comes free goes to the
/// slice that came first; the others fill what it leaves.
/// </summary>
/// <remarks>
/// Were slots shared evenly, slices in hand would come to their ends together. Then none of them has a record left to begin
/// with, and slots stand empty until the last records of one are done and the next slice is there.
/// </remarks>
internal sealed class RecordSlots(int count)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Waiting> _waiting = new();
    private int _free = count;
    private int _lines;

    public int Count { get; } = count;

    /// <summary>A place in the order in which slots are given: behind all that were given out before.</summary>
    public int JoinLine() => Interlocked.Increment(ref _lines);

    /// <summary>Of one line, in the order of the calls; also who waits for many slots: small ones do not slip by for ever.</summary>
    /// <param name="slots">1 to <see cref="Count"/>.</param>
    /// <param name="line">From <see cref="JoinLine"/>.</param>
    public async Task EnterAsync(int slots, int line, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slots, Count);
        cancellationToken.ThrowIfCancellationRequested();
        var waiting = new Waiting(slots, line, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_lock)
        {
            Add(waiting);
            Admit();
        }

        if (waiting.Turn.Task.IsCompletedSuccessfully)
            return;
        await using var giveUp = cancellationToken.Register(() => GiveUp(waiting, cancellationToken));
        await waiting.Turn.Task;
    }

    public void Leave(int slots)
    {
        lock (_lock)
        {
            _free += slots;
            Admit();
        }
    }

    private void Add(Waiting waiting)
    {
        var before = _waiting.Last;
        while (before is not null && before.Value.Line > waiting.Line)
            before = before.Previous;
        if (before is null)
            _waiting.AddFirst(waiting);
        else
            _waiting.AddAfter(before, waiting);
    }

    private void GiveUp(Waiting waiting, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            // One that was admitted in this very moment has its slots, and gives them back as any other does.
            if (!_waiting.Remove(waiting))
                return;
            waiting.Turn.SetCanceled(cancellationToken);
            Admit();
        }
    }

    private void Admit()
    {
        while (_waiting.First is { Value: var next } && next.Slots <= _free)
        {
            _waiting.RemoveFirst();
            _free -= next.Slots;
            next.Turn.SetResult();
        }
    }

    private sealed record Waiting(int Slots, int Line, TaskCompletionSource Turn);
}
