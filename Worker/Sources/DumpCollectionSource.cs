using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using Migration.Contracts.Ledger;

namespace Migration.Worker.Sources;

/// <summary>
/// A collection in a dump's file. Slices are ranges of bytes, so that they are read in parallel and start without
/// searching; docs/decisions/0002-dump-slices-by-byte-range.md says what that means for type brackets.
/// </summary>
internal sealed class DumpCollectionSource : ICollectionSource
{
    private const int WalkBufferBytes = 1 << 20;
    private const int SampleScanBytes = 64 << 20;

    private readonly string _path;
    private readonly SafeFileHandle _file;
    private readonly long _length;
    private readonly RecordFraming _framing;
    private readonly DocumentFilter? _filter;
    private int _averageBytes = 1024;

    /// <param name="path">The file, unpacked.</param>
    /// <param name="description">What the user calls it (the packed file's path).</param>
    /// <exception cref="SourceException">The file cannot be opened or holds something else.</exception>
    public DumpCollectionSource(string path, string description, DocumentFilter? filter)
    {
        Description = description;
        (_path, _filter) = (description, filter);
        _framing = path.EndsWith(".bson", StringComparison.OrdinalIgnoreCase) ? new BsonFraming() : new JsonLineFraming();
        try
        {
            _file = File.OpenHandle(path, options: FileOptions.Asynchronous);
            _length = RandomAccess.GetLength(_file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SourceException($"{description} cannot be opened: {e.Message}", e);
        }

        DumpSignature.Check(_file, description, _framing is BsonFraming);
    }

    public string Description { get; }

    /// <summary>As large as the reads of the file.</summary>
    public int PageBytes => WalkBufferBytes;

    public async Task<long> EstimateCountAsync(CancellationToken cancellationToken)
    {
        using var reader = Reader(0, WalkBufferBytes / 4);
        var count = 0L;
        while (count == 0 && await reader.FillAsync(cancellationToken))
            count = CountBuffered(reader, long.MaxValue, filtered: false);
        return reader.Next >= _length ? count : (long)Math.Ceiling((double)_length / reader.Next * count);
    }

    public async Task<IReadOnlyList<ReadOnlyMemory<byte>>> SampleAsync(int count, CancellationToken cancellationToken)
    {
        var sample = new List<ReadOnlyMemory<byte>>();
        using var reader = Reader(0, WalkBufferBytes / 4);
        while (sample.Count < count && reader.Next < SampleScanBytes && await reader.FillAsync(cancellationToken))
        {
            while (sample.Count < count && reader.TryNext(out var frame, out _))
            {
                if (Read(frame, out var document, out var error) && error is null)
                    sample.Add(document.ToArray());
            }
        }

        return sample;
    }

    public async IAsyncEnumerable<CutSlice> CutAsync(
        int recordsPerSlice, long? alignedAt, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(recordsPerSlice, 1);
        var cutter = new SliceCutter(recordsPerSlice, isServer: false, _framing.Key, alignedAt);
        using var reader = Reader(0, WalkBufferBytes);
        while (await reader.FillAsync(cancellationToken))
        {
            while (CutNext(reader, cutter) is { } slice)
                yield return slice;
        }

        if (cutter.Finish() is { } last)
            yield return last;
    }

    public async Task<SourcePage> ReadPageAsync(
        KeyRange range, RecordPosition? after, int maxRecords, int maxBytes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRecords, 1);
        var reading = new DumpPageReading(this, range, after, maxRecords, maxBytes);
        using var reader = Reader(reading.Start, ChunkBytes(maxRecords));
        try
        {
            while (!reading.IsDone && await reader.FillAsync(cancellationToken))
                reading.Take(reader);
            return reading.Finish();
        }
        catch
        {
            reading.Page.Dispose();
            throw;
        }
    }

    public async Task<long> CountAsync(CancellationToken cancellationToken)
    {
        using var reader = Reader(0, WalkBufferBytes);
        var count = 0L;
        while (await reader.FillAsync(cancellationToken))
            count += CountBuffered(reader, long.MaxValue, filtered: true);
        return count;
    }

    public async Task<long> CountAsync(KeyRange range, CancellationToken cancellationToken)
    {
        using var reader = Reader(Positions.At(range.First), WalkBufferBytes);
        var (count, last) = (0L, Positions.At(range.Last));
        while (reader.Next <= last && await reader.FillAsync(cancellationToken))
            count += CountBuffered(reader, last, filtered: true);
        return count;
    }

    public ValueTask DisposeAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Sizes the next page's reads.</summary>
    internal void Measured(SourcePage page)
    {
        if (page.Records.Count > 0)
            _averageBytes = (int)Math.Min(page.Bytes / page.Records.Count, WalkBufferBytes);
    }

    internal ReadOnlySpan<byte> KeyOf(ReadOnlySpan<byte> frame) => _framing.Key(_framing.Identity(frame).ToArray()).Span;

    /// <summary>The same for a record of a page, which is BSON whatever the file holds, unless it could not be read.</summary>
    internal ReadOnlySpan<byte> KeyOf(SourceRecord record) =>
        record.Error is null || _framing is BsonFraming ? BsonFraming.KeyOf(record.Document.Span) : default;

    internal SourceException Changed(long at, string what) =>
        new($"{_path}: {what} at byte {at}: the dump changed since it was planned; plan a new run");

    /// <summary>False when the frame is no record or the filter leaves it out; what cannot be read passes every filter.</summary>
    internal bool Read(ReadOnlySpan<byte> frame, out ReadOnlySpan<byte> document, out string? error)
    {
        document = default;
        error = null;
        if (!_framing.IsRecord(frame))
            return false;
        document = _framing.Document(frame, out error);
        if (_filter is null || error is not null)
            return true;
        try
        {
            return _filter.Matches(document);
        }
        catch (FormatException e)
        {
            error = e.Message;
            return true;
        }
    }

    /// <summary>Of a document, as far as pages have told.</summary>
    internal int AverageBytes => _averageBytes;

    private int ChunkBytes(int records) => (int)Math.Clamp((long)_averageBytes * records / 8 * 9, 64 * 1024, WalkBufferBytes);

    private FrameReader Reader(long start, int bufferBytes) => new(_file, _path, _length, _framing, start, bufferBytes);

    private bool Passes(ReadOnlySpan<byte> frame) => _filter is null ? _framing.IsRecord(frame) : Read(frame, out _, out _);

    /// <summary>Walks on through what is buffered; null when that is used up.</summary>
    private CutSlice? CutNext(FrameReader reader, SliceCutter cutter)
    {
        while (reader.TryNext(out var frame, out var at))
        {
            if (!Passes(frame))
                continue;
            var identity = _framing.Identity(frame);
            if (cutter.Add(_framing.Bracket(identity), identity, at) is { } slice)
                return slice;
        }

        return null;
    }

    private long CountBuffered(FrameReader reader, long last, bool filtered)
    {
        var count = 0L;
        while (reader.Next <= last && reader.TryNext(out var frame, out _))
        {
            if (filtered ? Passes(frame) : _framing.IsRecord(frame))
                count++;
        }

        return count;
    }
}
