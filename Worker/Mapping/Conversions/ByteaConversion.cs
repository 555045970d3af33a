using System.Buffers.Binary;
using Migration.Worker.Targets;
using MongoDB.Bson;

namespace Migration.Worker.Mapping.Conversions;

/// <summary>bytea: the bytes of a binary of any subtype, or an ObjectId's twelve.</summary>
internal sealed class ByteaConversion : ColumnConversion
{
    public override Refusal? Write(BsonType type, ReadOnlySpan<byte> value, RowBuffer rows)
    {
        switch (type)
        {
            case BsonType.ObjectId:
                value.CopyTo(rows.AppendField(value.Length));
                return null;
            case BsonType.Binary:
                var data = DataOf(value);
                data.CopyTo(rows.AppendField(data.Length));
                return null;
            default:
                return Refusal.WrongType;
        }
    }

    /// <summary>A binary's content. The old subtype 2 repeats the length inside of its data.</summary>
    public static ReadOnlySpan<byte> DataOf(ReadOnlySpan<byte> binary)
    {
        var data = binary[(sizeof(int) + 1)..];
#pragma warning disable CS0618 // Obsolete for those who write; old documents still hold it.
        var isOld = (BsonBinarySubType)binary[sizeof(int)] == BsonBinarySubType.OldBinary;
#pragma warning restore CS0618
        var repeatsLength = isOld && data.Length >= sizeof(int)
            && BinaryPrimitives.ReadInt32LittleEndian(data) == data.Length - sizeof(int);
        return repeatsLength ? data[sizeof(int)..] : data;
    }
}
