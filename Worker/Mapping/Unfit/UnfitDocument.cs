using System.Buffers.Binary;
using System.Text;
using MongoDB.Bson;

namespace Migration.Worker.Mapping.Unfit;

/// <summary>Texts and keys within a document or an array, for json and jsonb, at any depth.</summary>
/// <param name="keepsZeros">json escapes zero characters, so that it need not lose them.</param>
internal sealed class UnfitDocument(bool replaces, bool keepsLast, bool keepsZeros)
{
    public ColumnValue Mend(ColumnValue value) => Mend(value, 1);

    private ColumnValue Mend(ColumnValue value, int depth) => value.Type switch
    {
        BsonType.String or BsonType.Symbol or BsonType.JavaScript when replaces => UnfitValue.Replaced(value, keepsZeros),
        // Deeper ones are refused, and so is what is broken.
        BsonType.Document or BsonType.Array when depth <= BsonSpanReader.MaxDepth => MendFields(value, depth),
        _ => value,
    };

    private ColumnValue MendFields(ColumnValue value, int depth)
    {
        var fields = new List<(byte[] Name, ColumnValue Value)>();
        var reader = new BsonSpanReader(value.Bytes);
        while (reader.Read())
        {
            var field = Mend(new ColumnValue(reader.Type, reader.Value.ToArray()), depth + 1);
            fields.Add((replaces ? Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(reader.Name)) : reader.Name.ToArray(), field));
        }

        return reader.Fault == BsonFault.None ? new ColumnValue(value.Type, Written(Kept(fields, value.Type))) : value;
    }

    /// <summary>As jsonb itself does it: a repeated key's last value, in the last one's place.</summary>
    private List<(byte[] Name, ColumnValue Value)> Kept(List<(byte[] Name, ColumnValue Value)> fields, BsonType type)
    {
        if (!keepsLast || type != BsonType.Document) return fields;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var kept = fields.AsEnumerable().Reverse().Where(field => seen.Add(Encoding.Latin1.GetString(field.Name))).ToList();
        kept.Reverse();
        return kept;
    }

    private static byte[] Written(List<(byte[] Name, ColumnValue Value)> fields)
    {
        using var stream = new MemoryStream();
        stream.Write(stackalloc byte[sizeof(int)]);
        foreach (var (name, value) in fields)
        {
            stream.WriteByte((byte)value.Type);
            stream.Write(name);
            stream.WriteByte(0);
            stream.Write(value.Bytes);
        }

        stream.WriteByte(0);
        var bytes = stream.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(bytes, bytes.Length);
        return bytes;
    }
}
