using Migration.Contracts.Ledger;

namespace Migration.Worker.Sources;

/// <summary>
/// One page being read from a dump. The bytes are trusted only as far as the records at both ends of the range, and the
/// checkpoint's, are the ones that were planned.
/// </summary>
internal sealed class DumpPageReading
{
    private readonly DumpCollectionSource _source;
    private readonly KeyRange _range;
    private readonly RecordPosition? _after;
    private readonly int _maxRecords;
    private readonly int _maxBytes;
    private readonly long _last;
    private bool _reachedEnd;

    public DumpPageReading(DumpCollectionSource source, KeyRange range, RecordPosition? after, int maxRecords, int maxBytes)
    {
        (_source, _range, _after, _maxRecords, _maxBytes) = (source, range, after, maxRecords, maxBytes);
        _last = Positions.At(range.Last);
        Page = RecordPage.Of(source.AverageBytes, maxRecords, maxBytes);
        Start = Positions.At(after ?? range.First);
        _reachedEnd = after is not null && Start == _last;
    }

    public RecordPage Page { get; }

    public long Start { get; }

    public bool IsDone { get; private set; }

    /// <summary>Takes what the reader has buffered.</summary>
    public void Take(FrameReader reader)
    {
        while (!IsDone && reader.TryNext(out var frame, out var at))
        {
            if (at == Start)
                CheckKey(frame, _after ?? _range.First);
            if (at == _last)
                CheckKey(frame, _range.Last);
            else if (at > _last)
                throw _source.Changed(_last, "no record starts");
            if (at != Start || _after is null)
                AddRecord(frame, at);
            if (at == _last && !IsDone)
                IsDone = _reachedEnd = true;
        }
    }

    public RecordPage Finish()
    {
        if (!IsDone)
            throw _source.Changed(_last, "no record starts");
        var source = _source;
        Page.Seal(
            Page.Count == 0 ? _range.Last : null, _ => _reachedEnd,
            (page, record) => Positions.Of(source.KeyOf(page[record]), page.At(record)));
        _source.Measured(Page);
        return Page;
    }

    private void AddRecord(ReadOnlySpan<byte> frame, long at)
    {
        if (!_source.Read(frame, out var document, out var error))
            return;
        if (!Page.Fits(document.Length, _maxBytes))
        {
            IsDone = true;
            return;
        }

        document.CopyTo(Page.Add(document.Length, error, at));
        IsDone = Page.Count == _maxRecords && at != _last;
    }

    private void CheckKey(ReadOnlySpan<byte> frame, RecordPosition planned)
    {
        if (!_source.KeyOf(frame).SequenceEqual(Positions.Key(planned).Bytes))
            throw _source.Changed(Positions.At(planned), "the record is not the one with " + Positions.Text(planned));
    }
}
