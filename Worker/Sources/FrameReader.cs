using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Migration.Worker.Sources;

/// <summary>
/// Reads the frames of a dump one after the other through one pooled buffer that is as large as the largest frame needs.
/// </summary>
/// <remarks>
/// <see cref="TryNext"/> takes the next frame from the buffer; when it returns false, <see cref="FillAsync"/> brings more.
/// Two methods, because a span cannot outlive an await.
/// </remarks>
internal sealed class FrameReader(SafeFileHandle file, string path, long fileLength, RecordFraming framing, long start, int bufferBytes) : IDisposable
{
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(bufferBytes);
    private int _position;
    private int _filled;
    private long _read = start;

    /// <summary>Where the next frame starts.</summary>
    public long Next { get; private set; } = start;

    private bool IsAtEnd => _read >= fileLength;

    public bool TryNext(out ReadOnlySpan<byte> frame, out long at)
    {
        frame = default;
        at = Next;
        var bytes = _buffer.AsSpan(_position, _filled - _position);
        if (bytes.IsEmpty)
            return false;
        var length = framing.Measure(bytes, path, at, IsAtEnd);
        if (length == 0)
            return false;
        frame = bytes[..length];
        _position += length;
        Next += length;
        return true;
    }

    /// <summary>Reads on; false at the end of the file.</summary>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (IsAtEnd)
            return false;
        MakeRoom();
        var room = (int)Math.Min(_buffer.Length - _filled, fileLength - _read);
        var count = await RandomAccess.ReadAsync(file, _buffer.AsMemory(_filled, room), _read, cancellationToken);
        if (count == 0)
            throw new SourceException($"{path} ends at byte {_read}, but was {fileLength} bytes long when it was opened: it changed while it was read");
        (_filled, _read) = (_filled + count, _read + count);
        return true;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private void MakeRoom()
    {
        var rest = _filled - _position;
        var target = rest > _buffer.Length / 2 ? ArrayPool<byte>.Shared.Rent(_buffer.Length * 2) : _buffer;
        Buffer.BlockCopy(_buffer, _position, target, 0, rest);
        if (target != _buffer)
            ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _position, _filled) = (target, 0, rest);
    }
}
