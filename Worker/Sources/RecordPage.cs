using System.Buffers;
using System.Collections;
using System.Runtime.InteropServices;
using Migration.Contracts.Ledger;

namespace Migration.Worker.Sources;

/// <summary>A page whose documents stand one after the other in one pooled array. Nothing is allocated for a record.</summary>
/// <param name="bytes">Of documents that it is likely to have; it grows as they come.</param>
/// <param name="records">That it is likely to have.</param>
internal sealed class RecordPage(int bytes = 16 * 1024, int records = 256) : SourcePage, IReadOnlyList<SourceRecord>
{
    private const int LargestGuess = 4 * 1024 * 1024;

    private Place[] _places = ArrayPool<Place>.Shared.Rent(records);
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(bytes);
    private int _length;
    private Func<RecordPage, int, RecordPosition>? _positionOf;
    private RecordPosition _last;
    private bool _isFinal;

    public override IReadOnlyList<SourceRecord> Records => this;

    public override RecordPosition Last => _last;

    public override bool IsFinal => _isFinal;

    public override long Bytes => _length;

    public int Count { get; private set; }

    public SourceRecord this[int index]
    {
        get
        {
            var place = PlaceOf(index);
            return new SourceRecord(_bytes.AsMemory(place.Start, place.Length), place.Error);
        }
    }

    public override RecordPosition PositionOf(int record) => _positionOf!(this, record);

    /// <summary>Where in its file a record begins, as it was added.</summary>
    public long At(int record) => PlaceOf(record).At;

    /// <summary>True when a document of that size has its place in a page of at most <paramref name="maxBytes"/>.</summary>
    public bool Fits(int documentBytes, int maxBytes) => Count == 0 || (long)_length + documentBytes <= maxBytes;

    /// <param name="at">Where in its file the record begins, if it is of one.</param>
    /// <returns>Room for the document.</returns>
    public Span<byte> Add(int documentBytes, string? error = null, long at = 0)
    {
        if (_length + documentBytes > _bytes.Length)
            Grow(ref _bytes, _length, _length + documentBytes);
        if (Count == _places.Length)
            Grow(ref _places, Count, Count + 1);
        _places[Count++] = new Place(_length, documentBytes, at, error);
        _length += documentBytes;
        return _bytes.AsSpan(_length - documentBytes, documentBytes);
    }

    /// <summary>Call once, after the last record.</summary>
    /// <param name="end">Where a page without records ends; null for one that has some.</param>
    /// <param name="positionOf">Where a record of the page that it is given stands.</param>
    public void Seal(RecordPosition? end, Func<RecordPosition, bool> isFinal, Func<RecordPage, int, RecordPosition> positionOf)
    {
        _positionOf = positionOf;
        _last = end ?? positionOf(this, Count - 1);
        _isFinal = isFinal(_last);
    }

    public IEnumerator<SourceRecord> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
            yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>For a page of documents about as large as those before.</summary>
    public static RecordPage Of(int averageBytes, int maxRecords, int maxBytes)
    {
        var bytes = (int)Math.Min((long)averageBytes * maxRecords, Math.Min(maxBytes, LargestGuess));
        return new RecordPage(Math.Max(bytes, 1024), Math.Clamp(bytes / Math.Max(1, averageBytes), 1, maxRecords));
    }

    protected override void Dispose(bool disposing)
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            ArrayPool<Place>.Shared.Return(_places, clearArray: true);
        }

        (_bytes, _places, Count) = ([], [], 0);
        base.Dispose(disposing);
    }

    private Place PlaceOf(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        return _places[index];
    }

    private static void Grow<T>(ref T[] array, int used, int atLeast)
    {
        var larger = ArrayPool<T>.Shared.Rent(Math.Max(atLeast, array.Length * 2));
        array.AsSpan(0, used).CopyTo(larger);
        ArrayPool<T>.Shared.Return(array);
        array = larger;
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Place(int Start, int Length, long At, string? Error);
}
