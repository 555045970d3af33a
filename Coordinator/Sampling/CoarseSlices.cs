using Migration.Worker.Sources;

namespace Migration.Coordinator.Sampling;

/// <summary>
/// Slices of a walk, joined to larger ones as they become too many: how many a collection has is an estimate until it was
/// walked, and memory must not depend on it. All are about as large.
/// </summary>
/// <param name="most">Slices that are kept, about; up to twice as many, and as many more as there are type brackets.</param>
/// <param name="records">Of a slice at most, as the walk cuts them.</param>
internal sealed class CoarseSlices(int most, long records)
{
    private readonly List<CutSlice> _slices = [];
    private long _records = records;
    private int _limit = 2 * most;

    public IReadOnlyList<CutSlice> Slices => _slices;

    /// <param name="slice">The one that follows on the last.</param>
    public void Add(CutSlice slice)
    {
        AddOrJoin(slice);
        if (_slices.Count < _limit)
            return;
        _records *= 2;
        List<CutSlice> finer = [.. _slices];
        _slices.Clear();
        finer.ForEach(AddOrJoin);

        // Where nothing could be joined, the next slice must not be cause for another try.
        _limit = 2 * Math.Max(most, _slices.Count);
    }

    private void AddOrJoin(CutSlice slice)
    {
        if (_slices is [.., var last] && last.Range.Bracket == slice.Range.Bracket && last.Limit + slice.Limit <= _records)
            _slices[^1] = last with { Limit = last.Limit + slice.Limit, Range = last.Range with { Last = slice.Range.Last } };
        else
            _slices.Add(slice);
    }
}
