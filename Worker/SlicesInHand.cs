using System.Collections.Concurrent;
using Migration.Contracts.Ledger;

namespace Migration.Worker;

/// <summary>
/// What this process is working on. To the ledger a worker's second claim of a slice is its own, so a second copy of a
/// message must be turned away here.
/// </summary>
internal sealed class SlicesInHand
{
    private readonly ConcurrentDictionary<SliceId, byte> _slices = new();

    public bool TryTake(SliceId id) => _slices.TryAdd(id, 0);

    public void LetGo(SliceId id) => _slices.TryRemove(id, out _);
}
