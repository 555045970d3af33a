using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Migration.Worker.Targets;

/// <summary>
/// Rows of one table as COPY's binary format has them (field count, then length and value of each field), one after
/// the other in pooled memory, without the file header and trailer. Any run of rows can be sent again. For one writer
/// at a time; memory and spans that it gave out are valid until rows are added or taken away.
/// </summary>
public sealed class RowBuffer : IDisposable
{
    private const int NullLength = -1;

    private byte[] _bytes;
    private int[] _ends;
    private int _length;

    /// <param name="capacity">Bytes to begin with; it grows as rows ask for it.</param>
    public RowBuffer(int capacity = 64 * 1024)
    {
        _bytes = ArrayPool<byte>.Shared.Rent(capacity);
        _ends = ArrayPool<int>.Shared.Rent(1024);
    }

    /// <summary>Whole rows.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of the whole rows.</summary>
    public int Bytes { get; private set; }

    /// <summary>Bytes of the row that is being written.</summary>
    internal int UnfinishedBytes => _length - Bytes;

    public ReadOnlyMemory<byte> Row(int index) => Rows(index, 1);

    /// <summary>Consecutive rows, as they are sent.</summary>
    public ReadOnlyMemory<byte> Rows(int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count - first);
        var start = StartOf(first);
        return _bytes.AsMemory(start, StartOf(first + count) - start);
    }

    /// <summary>Drops the rows from index <paramref name="count"/> on, and a row that is half written.</summary>
    public void TruncateTo(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count);
        Count = count;
        Bytes = _length = StartOf(count);
    }

    /// <summary>Drops every row and keeps the memory.</summary>
    public void Clear() => TruncateTo(0);

    public void Dispose()
    {
        if (_bytes.Length == 0) return;
        ArrayPool<byte>.Shared.Return(_bytes);
        ArrayPool<int>.Shared.Return(_ends);
        (_bytes, _ends) = ([], []);
        (_length, Count, Bytes) = (0, 0, 0);
    }

    /// <summary>Makes what was appended since the last row a row.</summary>
    internal void EndRow()
    {
        if (Count == _ends.Length) Grow(ref _ends, Count, Count + 1L);
        _ends[Count++] = Bytes = _length;
    }

    /// <summary>Room for <paramref name="count"/> bytes that the caller fills at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Span<byte> Append(int count)
    {
        if (count > _bytes.Length - _length) Grow(ref _bytes, _length, (long)_length + count);
        var room = _bytes.AsSpan(_length, count);
        _length += count;
        return room;
    }

    internal void Append(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Append(bytes.Length));

    internal void AppendByte(byte value) => Append(1)[0] = value;

    internal void AppendInt16(short value) => BinaryPrimitives.WriteInt16BigEndian(Append(sizeof(short)), value);

    internal void AppendInt32(int value) => BinaryPrimitives.WriteInt32BigEndian(Append(sizeof(int)), value);

    internal void AppendInt64(long value) => BinaryPrimitives.WriteInt64BigEndian(Append(sizeof(long)), value);

    internal void AppendNull() => AppendInt32(NullLength);

    /// <summary>A field whose length is known: its length, then room for its value.</summary>
    internal Span<byte> AppendField(int length)
    {
        var field = Append(sizeof(int) + length);
        BinaryPrimitives.WriteInt32BigEndian(field, length);
        return field[sizeof(int)..];
    }

    /// <summary>Begins a field whose length shows only at its end; the result goes to <see cref="EndField"/>.</summary>
    internal int BeginField()
    {
        Append(sizeof(int));
        return _length;
    }

    internal void EndField(int start) =>
        BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(start - sizeof(int)), _length - start);

    /// <summary>Where the next byte goes; for <see cref="Overwrite"/>.</summary>
    internal int Position => _length;

    /// <summary>Puts a number in a place that was kept for it.</summary>
    internal void Overwrite(int position, int value) =>
        BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(position), value);

    /// <summary>Takes back what was appended from <paramref name="position"/> on, within the row being written.</summary>
    internal void Shrink(int position) => _length = position;

    /// <summary>What was appended from <paramref name="position"/> on.</summary>
    internal ReadOnlySpan<byte> From(int position) => _bytes.AsSpan(position, _length - position);

    private int StartOf(int row) => row == 0 ? 0 : _ends[row - 1];

    private static void Grow<T>(ref T[] array, int used, long needed)
    {
        // A batch is bounded far below this by its bytes of documents; only a caller that never clears comes here.
        if (needed > Array.MaxLength) throw new InvalidOperationException($"a row buffer cannot hold {needed} bytes");
        var larger = ArrayPool<T>.Shared.Rent((int)Math.Min(Math.Max(needed, array.Length * 2L), Array.MaxLength));
        Array.Copy(array, larger, used);
        ArrayPool<T>.Shared.Return(array);
        array = larger;
    }
}
