namespace Migration.Worker.Enrichment;

/// <summary>
/// The records that a worker process may have in flight at a time, over all of its slices. Those who wait get their turn
/// in the order in which they came, also one who waits for many slots: small ones do not slip by for ever.
/// </summary>
internal sealed class RecordSlots(int count)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Waiting> _waiting = new();
    private int _free = count;

    public int Count { get; } = count;

    /// <param name="slots">1 to <see cref="Count"/>.</param>
    public async Task EnterAsync(int slots, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slots, Count);
        cancellationToken.ThrowIfCancellationRequested();
        Waiting waiting;
        lock (_lock)
        {
            if (_waiting.Count == 0 && _free >= slots)
            {
                _free -= slots;
                return;
            }

            waiting = new Waiting(slots, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            _waiting.AddLast(waiting);
        }

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

    private sealed record Waiting(int Slots, TaskCompletionSource Turn);
}
