using System.Buffers;
using System.Buffers.Binary;
using MongoDB.Bson;

namespace Migration.DocumentDbGateway.Wire;

/// <summary>
/// A reply document with room before it for the message's header, so that a page of 16 MB is copied only once on
/// its way from the engine to the client.
/// </summary>
internal sealed class Reply : IDisposable
{
    private const int LegacyPrefix = WireMessage.HeaderSize + 20;
    private const int MsgPrefix = WireMessage.HeaderSize + 5;
    private const int AwaitCapable = 8;

    private readonly byte[] buffer;
    private readonly int length;

    /// <param name="length">Bytes of the document, which the caller then writes into <see cref="Document"/>.</param>
    public Reply(int length)
    {
        this.length = length;
        buffer = ArrayPool<byte>.Shared.Rent(LegacyPrefix + length);
    }

    public ArraySegment<byte> Document => new(buffer, LegacyPrefix, length);

    public static Reply Of(BsonDocument document)
    {
        var bytes = document.ToBson();
        var reply = new Reply(bytes.Length);
        bytes.CopyTo(reply.Document.AsSpan());
        return reply;
    }

    public ReadOnlyMemory<byte> Frame(WireMessage request, int id)
    {
        var legacy = request.OpCode == WireMessage.OpQuery;
        var prefix = legacy ? LegacyPrefix : MsgPrefix;
        var start = LegacyPrefix - prefix;
        var head = buffer.AsSpan(start, prefix);
        head.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(head, prefix + length);
        BinaryPrimitives.WriteInt32LittleEndian(head[4..], id);
        BinaryPrimitives.WriteInt32LittleEndian(head[8..], request.RequestId);
        BinaryPrimitives.WriteInt32LittleEndian(head[12..], legacy ? WireMessage.OpReply : WireMessage.OpMsg);
        if (legacy)
        {
            // int32 flags, int64 cursor, int32 starting from, int32 number of documents.
            BinaryPrimitives.WriteInt32LittleEndian(head[16..], AwaitCapable);
            BinaryPrimitives.WriteInt32LittleEndian(head[32..], 1);
        }

        return buffer.AsMemory(start, prefix + length);
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);
}
