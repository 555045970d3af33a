using Migration.Contracts.Ledger;
using Migration.Worker.Suspects;

namespace Migration.Worker;

/// <summary>
/// What this process is working on. A second copy of a message is turned away here without asking the ledger. A
/// redelivered one is not: the broker has taken the delivery from whoever had it, and should that attempt still hang in
/// this very process, its commits will fail on the fence.
/// </summary>
internal sealed class SlicesInHand
{
    private readonly Dictionary<SliceId, int> _slices = [];
    private readonly Lock _lock = new();

    /// <summary>False while nothing is in hand.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_lock)
                return _slices.Count == 0;
        }
    }

    /// <summary>Slices that came into hand so far.</summary>
    public long Taken { get; private set; }

    /// <summary>Through which every slice comes into hand.</summary>
    public SuspectGate Gate { get; } = new();

    /// <returns>Null when another delivery of it is being worked on here.</returns>
    public Hold? TryTake(SliceId id, bool redelivered)
    {
        lock (_lock)
        {
            var count = _slices.GetValueOrDefault(id);
            if (count > 0 && !redelivered)
                return null;
            _slices[id] = count + 1;
            Taken++;
            Instruments.TookUp();
            return new Hold(this, id);
        }
    }

    /// <summary>False when another delivery of it is being worked on here, or none.</summary>
    public bool IsHeldOnce(SliceId id)
    {
        lock (_lock)
            return _slices.GetValueOrDefault(id) == 1;
    }

    private void LetGo(SliceId id)
    {
        Instruments.LetGo();
        lock (_lock)
        {
            if (--_slices[id] == 0)
                _slices.Remove(id);
        }
    }

    /// <summary>A slice in hand, until it is let go; more than once does nothing more.</summary>
    internal sealed class Hold(SlicesInHand slices, SliceId id) : IDisposable
    {
        public bool IsLetGo { get; private set; }

        public void Dispose()
        {
            if (IsLetGo)
                return;
            IsLetGo = true;
            slices.LetGo(id);
        }
    }
}
