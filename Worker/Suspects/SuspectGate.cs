namespace Migration.Worker.Suspects;

/// <summary>
/// Lets a worker's slices in side by side, and a suspect only when nothing else is in hand: should the worker die or
/// hang then, no other slice shares the blame. All enter in the order in which they asked.
/// </summary>
internal sealed class SuspectGate
{
    private readonly Lock _lock = new();
    private readonly Queue<Waiting> _waiting = new();
    private int _inside;
    private bool _isTakenAlone;

    /// <summary>Somebody waits to be alone: those inside had better come to an end soon.</summary>
    public bool IsAloneWanted
    {
        get
        {
            lock (_lock)
                return _waiting.Any(waiting => waiting.Alone && !waiting.Entered.Task.IsCompleted);
        }
    }

    /// <returns>To be disposed of when the slice is out of hand.</returns>
    public async Task<IDisposable> EnterAsync(bool alone, CancellationToken cancellationToken)
    {
        var entry = new Waiting(alone);
        lock (_lock)
        {
            _waiting.Enqueue(entry);
            LetIn();
        }

        await using var cancelling = cancellationToken.UnsafeRegister(
            (state, token) => ((Waiting)state!).Entered.TrySetCanceled(token), entry);
        try
        {
            await entry.Entered.Task;
        }
        catch (OperationCanceledException)
        {
            // It may have stood in the way of those behind it.
            lock (_lock)
                LetIn();
            throw;
        }

        return new Place(this, alone);
    }

    private void LetIn()
    {
        while (_waiting.TryPeek(out var next) && (next.Entered.Task.IsCompleted || CanEnter(next)))
        {
            _waiting.Dequeue();
            if (!next.Entered.TrySetResult())
                continue;
            _inside++;
            _isTakenAlone = next.Alone;
        }
    }

    private bool CanEnter(Waiting next) => !_isTakenAlone && (!next.Alone || _inside == 0);

    private void Leave(bool alone)
    {
        lock (_lock)
        {
            _inside--;
            _isTakenAlone &= !alone;
            LetIn();
        }
    }

    private sealed class Waiting(bool alone)
    {
        public bool Alone { get; } = alone;

        public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Place(SuspectGate gate, bool alone) : IDisposable
    {
        private bool _hasLeft;

        public void Dispose()
        {
            if (_hasLeft)
                return;
            _hasLeft = true;
            gate.Leave(alone);
        }
    }
}
