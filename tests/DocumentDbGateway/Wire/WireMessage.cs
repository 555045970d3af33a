using System.Buffers;
using System.Buffers.Binary;
using MongoDB.Bson;
using MongoDB.Bson.IO;

namespace Migration.DocumentDbGateway.Wire;

/// <summary>
/// A request of MongoDB's wire protocol: OP_MSG, or the OP_QUERY that old and new clients open with. The command
/// document and a document sequence stay the bytes that they are; the buffer goes back to its pool on disposal.
/// </summary>
internal sealed class WireMessage : IDisposable
{
    public const int OpReply = 1;
    public const int OpQuery = 2004;
    public const int OpMsg = 2013;

    /// <summary>What the handshake announces as <c>maxMessageSizeBytes</c>.</summary>
    public const int MaxSize = 48_000_000;

    public const int HeaderSize = 16;
    private const int ChecksumPresent = 1;
    private const int MoreToCome = 2;

    private readonly byte[] buffer;

    private WireMessage(byte[] buffer, int length)
    {
        this.buffer = buffer;
        RequestId = BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(4));
        OpCode = BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(12));
        switch (OpCode)
        {
            case OpMsg:
                ReadMsg(length);
                break;
            case OpQuery:
                ReadQuery();
                break;
            default:
                throw new InvalidDataException($"Opcode {OpCode} is not served; clients since MongoDB 3.6 send {OpMsg}.");
        }
    }

    public int RequestId { get; }

    public int OpCode { get; }

    /// <summary>False for a write that nobody waits for (<c>w: 0</c>).</summary>
    public bool WantsReply { get; private set; } = true;

    /// <summary>The command: its first element names it.</summary>
    public ArraySegment<byte> Body { get; private set; }

    /// <summary>The documents of a kind 1 section, one after the other; null without one.</summary>
    public ArraySegment<byte>? Sequence { get; private set; }

    /// <summary>The collection of a legacy query (<c>db.$cmd</c>); null for OP_MSG, whose command has <c>$db</c>.</summary>
    public string? LegacyCollection { get; private set; }

    public RawBsonDocument Command() => new(new ByteArrayBuffer(buffer, Body.Offset + Body.Count, true).GetSlice(Body.Offset, Body.Count));

    /// <summary>Null when the client has closed the connection between two messages.</summary>
    public static async Task<WireMessage?> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var header = ArrayPool<byte>.Shared.Rent(HeaderSize);
        byte[]? buffer = null;
        try
        {
            var read = await stream.ReadAtLeastAsync(header.AsMemory(0, HeaderSize), HeaderSize, false, cancellationToken);
            if (read < HeaderSize)
                return null;
            var length = BinaryPrimitives.ReadInt32LittleEndian(header);
            if (length is < HeaderSize or > MaxSize)
                throw new InvalidDataException($"A message of {length} bytes; {HeaderSize} to {MaxSize} are possible.");
            buffer = ArrayPool<byte>.Shared.Rent(length);
            header.AsSpan(0, HeaderSize).CopyTo(buffer);
            await stream.ReadExactlyAsync(buffer.AsMemory(HeaderSize, length - HeaderSize), cancellationToken);
            var message = new WireMessage(buffer, length);
            buffer = null;
            return message;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(header);
            if (buffer is not null)
                ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);

    private void ReadMsg(int length)
    {
        var flags = BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(HeaderSize));
        WantsReply = (flags & MoreToCome) == 0;
        // The checksum is optional for both sides; the transport here is loopback, so it is passed over.
        var end = (flags & ChecksumPresent) == 0 ? length : length - sizeof(int);
        for (var position = HeaderSize + sizeof(int); position < end;)
        {
            var kind = buffer[position++];
            var size = SizeAt(position, end);
            if (kind == 0)
                Body = new ArraySegment<byte>(buffer, position, size);
            else if (kind == 1)
                ReadSequence(position, size);
            else
                throw new InvalidDataException($"A section of kind {kind} is not known.");
            position += size;
        }

        if (Body.Count == 0)
            throw new InvalidDataException("A message without a command.");
    }

    private void ReadSequence(int position, int size)
    {
        var name = position + sizeof(int);
        var nameLength = Array.IndexOf(buffer, (byte)0, name, size - sizeof(int)) - name;
        if (nameLength < 0 || Sequence is not null)
            throw new InvalidDataException("A document sequence that is not one, or a second one.");
        var start = name + nameLength + 1;
        Sequence = new ArraySegment<byte>(buffer, start, position + size - start);
    }

    // int32 flags, cstring collection, int32 skip, int32 return, then the command.
    private void ReadQuery()
    {
        var name = HeaderSize + sizeof(int);
        var nameEnd = Array.IndexOf(buffer, (byte)0, name);
        LegacyCollection = System.Text.Encoding.UTF8.GetString(buffer, name, nameEnd - name);
        var body = nameEnd + 1 + (2 * sizeof(int));
        Body = new ArraySegment<byte>(buffer, body, SizeAt(body, buffer.Length));
    }

    private int SizeAt(int position, int end)
    {
        var size = position + sizeof(int) <= end ? BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(position)) : 0;
        return size >= 5 && size <= end - position
            ? size
            : throw new InvalidDataException($"A section of {size} bytes at {position} of a message of {end}.");
    }
}
