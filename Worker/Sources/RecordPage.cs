using System.Buffers;
using Migration.Contracts.Ledger;

namespace Migration.Worker.Sources;

/// <summary>A page whose documents stand one after the other in one pooled array.</summary>
internal sealed class RecordPage : SourcePage
{
    private readonly List<(int Start, int Length, string? Error)> _places = [];
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(16 * 1024);
    private int _length;
    private SourceRecord[] _records = [];
    private Func<RecordPage, int, RecordPosition>? _positionOf;
    private RecordPosition _last;
    private bool _isFinal;

    public override IReadOnlyList<SourceRecord> Records => _records;

    public override RecordPosition Last => _last;

    public override bool IsFinal => _isFinal;

    public override long Bytes => _length;

    public override RecordPosition PositionOf(int record) => _positionOf!(this, record);

    public int Count => _places.Count;

    /// <summary>True when a document of that size has its place in a page of at most <paramref name="maxBytes"/>.</summary>
    public bool Fits(int documentBytes, int maxBytes) => Count == 0 || (long)_length + documentBytes <= maxBytes;

    public Span<byte> Add(int documentBytes, string? error = null)
    {
        if (_length + documentBytes > _bytes.Length)
            Grow(_length + documentBytes);
        _places.Add((_length, documentBytes, error));
        _length += documentBytes;
        return _bytes.AsSpan(_length - documentBytes, documentBytes);
    }

    /// <summary>Call once, after the last record.</summary>
    /// <param name="end">Where a page without records ends; null for one that has some.</param>
    /// <param name="positionOf">Where a record of the page that it is given stands.</param>
    public void Seal(RecordPosition? end, Func<RecordPosition, bool> isFinal, Func<RecordPage, int, RecordPosition> positionOf)
    {
        _records = [.. _places.Select(place => new SourceRecord(_bytes.AsMemory(place.Start, place.Length), place.Error))];
        _positionOf = positionOf;
        _last = end ?? positionOf(this, Count - 1);
        _isFinal = isFinal(_last);
    }

    protected override void Dispose(bool disposing)
    {
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        (_bytes, _records) = ([], []);
        base.Dispose(disposing);
    }

    private void Grow(int atLeast)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(atLeast, _bytes.Length * 2));
        _bytes.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
