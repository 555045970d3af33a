using System.Buffers.Binary;
using System.Text;
using Migration.Worker.Mapping.Conversions;
using Migration.Worker.Targets;
using MongoDB.Bson;

namespace Migration.Worker.Mapping;

/// <summary>A BSON value on its way through transforms, in the bytes that a conversion takes.</summary>
/// <param name="Bytes">As in a document, a text's length prefix included.</param>
internal readonly record struct ColumnValue(BsonType Type, byte[] Bytes)
{
    private static readonly TextConversion Exact = new(null);

    // Half a surrogate pair has no bytes in UTF-8: better a fault that shows than a question mark in its place.
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    public static readonly ColumnValue Null = new(BsonType.Null, []);

    public bool IsNull => Type is BsonType.Null or BsonType.Undefined;

    public static ColumnValue OfText(string text)
    {
        var bytes = new byte[sizeof(int) + Utf8.GetByteCount(text) + 1];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, bytes.Length - sizeof(int));
        Utf8.GetBytes(text, bytes.AsSpan(sizeof(int)));
        return new ColumnValue(BsonType.String, bytes);
    }

    public static ColumnValue OfDate(long milliseconds) => Of(new BsonDateTime(milliseconds));

    public static ColumnValue Of(BsonValue value)
    {
        if (value.IsBsonNull) return Null;
        var document = new BsonDocument("v", value).ToBson();
        var reader = new BsonSpanReader(document);
        return reader.Read()
            ? new ColumnValue(reader.Type, reader.Value.ToArray())
            : throw new InvalidOperationException($"A {value.BsonType} could not be read back.");
    }

    public static ColumnValue OfArray(IEnumerable<ColumnValue> elements)
    {
        using var stream = new MemoryStream();
        stream.Write(stackalloc byte[sizeof(int)]);
        var index = 0;
        foreach (var element in elements)
        {
            stream.WriteByte((byte)element.Type);
            stream.Write(Encoding.ASCII.GetBytes($"{index++}\0"));
            stream.Write(element.Bytes);
        }

        stream.WriteByte(0);
        var bytes = stream.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(bytes, bytes.Length);
        return new ColumnValue(BsonType.Array, bytes);
    }

    /// <summary>An array's elements; those before a fault only, which <paramref name="fault"/> tells.</summary>
    public List<ColumnValue> Elements(out BsonFault fault)
    {
        var elements = new List<ColumnValue>();
        var reader = new BsonSpanReader(Bytes);
        while (reader.Read()) elements.Add(new ColumnValue(reader.Type, reader.Value.ToArray()));
        fault = reader.Fault;
        return elements;
    }

    /// <summary>The exact text that a text column would hold.</summary>
    public Refusal? ReadText(out string text)
    {
        using var rows = new RowBuffer(256);
        text = "";
        if (Exact.Write(Type, Bytes, rows) is { } refusal) return refusal;
        text = Encoding.UTF8.GetString(rows.From(sizeof(int)));
        return null;
    }

    public bool Equals(ColumnValue other) => Type == other.Type && Bytes.AsSpan().SequenceEqual(other.Bytes);

    public override int GetHashCode() => HashCode.Combine(Type, Bytes.Length);

    public override string ToString() => BsonText.Describe(Type, Bytes);
}
