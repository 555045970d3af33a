using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using MongoDB.Bson;

namespace Migration.Worker.Sources;

/// <summary>
/// Writes documents out of values that are already BSON, so that a key goes back to the server byte for byte: a decoded
/// key would lose what the driver's object model cannot hold (repeated names in a subdocument, a DBPointer).
/// </summary>
internal sealed class RawBsonWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly Stack<int> _starts = new();

    // Lengths are filled in at the end: the buffer may move while it grows.
    private readonly List<(int Start, int End)> _ends = [];

    public RawBsonWriter() => Open();

    public RawBsonWriter Document(string name) => Nest(BsonType.Document, name);

    public RawBsonWriter Array(string name) => Nest(BsonType.Array, name);

    public RawBsonWriter Value(string name, BsonType type, ReadOnlySpan<byte> value)
    {
        Name(type, name);
        _bytes.Write(value);
        return this;
    }

    public RawBsonWriter Value(string name, RawElement element) => Value(name, element.Type, element.Value);

    public RawBsonWriter Int64(string name, long value)
    {
        Name(BsonType.Int64, name);
        BinaryPrimitives.WriteInt64LittleEndian(_bytes.GetSpan(8), value);
        _bytes.Advance(8);
        return this;
    }

    /// <summary>Appends a whole element: type, name and value.</summary>
    public RawBsonWriter Element(ReadOnlySpan<byte> element)
    {
        _bytes.Write(element);
        return this;
    }

    public RawBsonWriter End()
    {
        _bytes.Write<byte>([0]);
        _ends.Add((_starts.Pop(), _bytes.WrittenCount));
        return this;
    }

    public byte[] ToArray()
    {
        while (_starts.Count > 0)
            End();
        var bytes = _bytes.WrittenSpan.ToArray();
        foreach (var (start, end) in _ends)
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(start), end - start);
        return bytes;
    }

    private RawBsonWriter Nest(BsonType type, string name)
    {
        Name(type, name);
        Open();
        return this;
    }

    private void Open()
    {
        _starts.Push(_bytes.WrittenCount);
        _bytes.Write<byte>([0, 0, 0, 0]);
    }

    private void Name(BsonType type, string name)
    {
        _bytes.Write<byte>([(byte)type]);
        _bytes.Write(Encoding.UTF8.GetBytes(name));
        _bytes.Write<byte>([0]);
    }
}
