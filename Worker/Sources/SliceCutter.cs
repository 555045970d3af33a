using Migration.Contracts.Ledger;

namespace Migration.Worker.Sources;

/// <summary>
/// Turns a walk over keys into slices that follow on each other without a gap: a slice ends when it is full, or before
/// a record of another type bracket. Keeps one slice's ends and nothing else.
/// </summary>
/// <param name="recordsPerSlice">The most records in a slice.</param>
/// <param name="isServer">
/// On a server a slice is read by a range filter, so the end of a bracket always ends it, and a bracket that comes back
/// after it was left would make ranges overlap: the walk is refused. A dump is read by bytes, see
/// docs/decisions/0002-dump-slices-by-byte-range.md: there a bracket that comes back only shows that the dump is not in
/// key order, and from then on brackets end no slice.
/// </param>
/// <param name="toKey">Makes the element <c>_id</c> out of what is given as identity; called for a slice's ends only.</param>
/// <param name="alignedAt">Ends a slice where the offset is this modulo <paramref name="recordsPerSlice"/>, instead of when it is full.</param>
internal sealed class SliceCutter(
    int recordsPerSlice, bool isServer, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>? toKey = null, long? alignedAt = null)
{
    private readonly HashSet<TypeBracket> _left = [];
    private byte[] _last = new byte[64];
    private int _lastLength;
    private long? _lastAt;
    private long _offset;
    private long _count;
    private bool _cutsAtBrackets = true;
    private TypeBracket _bracket = TypeBracket.None;
    private TypeBracket _sliceBracket = TypeBracket.None;
    private RecordPosition _first;

    /// <summary>Records seen so far; the sum of all slices' limits once the walk is finished.</summary>
    public long Walked { get; private set; }

    /// <summary>Brackets that were seen and left.</summary>
    public IReadOnlySet<TypeBracket> Left => _left;

    public TypeBracket Bracket => _bracket;

    /// <summary>The last record's identity; empty before the first.</summary>
    public ReadOnlyMemory<byte> Last => _last.AsMemory(0, _lastLength);

    /// <summary>Takes the next record; returns the slice that ended before it, or null.</summary>
    /// <param name="bracket">Null when it is not known, on a dump only; brackets then end no slice.</param>
    public CutSlice? Add(TypeBracket? bracket, ReadOnlySpan<byte> identity, long? at = null)
    {
        var endsBracket = bracket is not null && EndsBracket(bracket);
        var ended = IsFull || endsBracket ? End() : null;
        Remember(identity, at);
        if (_count == 0)
            StartSlice(bracket);
        _count++;
        Walked++;
        return ended;
    }

    /// <summary>The walk is over; returns the last slice, or null when there was no record at all.</summary>
    public CutSlice? Finish()
    {
        var last = _count > 0 ? End() : null;
        return _offset == Walked
            ? last
            : throw new SourceException($"the slices add up to {_offset} records, but {Walked} keys were walked; this is a defect, nothing was started");
    }

    private bool IsFull => alignedAt is { } start
        ? _count > 0 && (Walked - start) % recordsPerSlice == 0
        : _count == recordsPerSlice;

    private bool EndsBracket(TypeBracket bracket)
    {
        if (bracket == _bracket)
            return false;
        var before = _bracket;
        _bracket = bracket;
        if (Walked == 0)
            return false;
        _left.Add(before);
        if (!_left.Contains(bracket) && (isServer || bracket.Rank > before.Rank))
            return _cutsAtBrackets && _count > 0;
        if (isServer)
            throw new SourceException($"the server sorts keys of type {bracket} both before and after keys of type {before}: slices of it would overlap");
        return _cutsAtBrackets = false;
    }

    private void StartSlice(TypeBracket? bracket)
    {
        var key = Key();
        _first = Positions.Of(key, _lastAt);
        _sliceBracket = bracket ?? (key.IsEmpty ? TypeBracket.None : TypeBracket.Of(new RawElement(key, 3)));
    }

    private CutSlice End()
    {
        var slice = new CutSlice(_offset, _count, new KeyRange(_first, Positions.Of(Key(), _lastAt), _sliceBracket.Name));
        (_offset, _count) = (_offset + _count, 0);
        return slice;
    }

    private ReadOnlySpan<byte> Key() => toKey is null ? Last.Span : toKey(Last).Span;

    private void Remember(ReadOnlySpan<byte> identity, long? at)
    {
        if (identity.Length > _last.Length)
            _last = new byte[Math.Max(identity.Length, _last.Length * 2)];
        identity.CopyTo(_last);
        (_lastLength, _lastAt) = (identity.Length, at);
    }
}
