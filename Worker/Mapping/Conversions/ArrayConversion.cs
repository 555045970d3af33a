using Migration.Worker.Targets;
using MongoDB.Bson;

namespace Migration.Worker.Mapping.Conversions;

/// <summary>
/// A one-dimensional array, in PostgreSQL's array_recv form: dimensions, whether nulls are held, the element type's
/// oid, then each dimension's size and lower bound, then the elements as fields. An empty one has no dimension.
/// </summary>
internal sealed class ArrayConversion(ColumnConversion element, int elementOid) : ColumnConversion
{
    private static readonly Refusal NoArray = new(SqlStates.InvalidText, "needs an array", Advice.ChangeType);

    public override Refusal? Write(BsonType type, ReadOnlySpan<byte> value, RowBuffer rows)
    {
        if (type != BsonType.Array) return NoArray;
        var start = rows.BeginField();
        var header = rows.Position;
        rows.AppendInt32(1);
        rows.AppendInt32(0);
        rows.AppendInt32(elementOid);
        var size = rows.Position;
        rows.AppendInt32(0);
        rows.AppendInt32(1);
        if (WriteElements(value, rows, out var count, out var nulls) is { } refusal) return refusal;
        if (count == 0)
        {
            // A dimension of size zero is taken as an empty array too, but array_send itself writes none.
            rows.Shrink(size);
            rows.Overwrite(header, 0);
        }
        else
        {
            rows.Overwrite(size, count);
            rows.Overwrite(header + sizeof(int), nulls ? 1 : 0);
        }

        rows.EndField(start);
        return null;
    }

    private Refusal? WriteElements(ReadOnlySpan<byte> array, RowBuffer rows, out int count, out bool nulls)
    {
        (count, nulls) = (0, false);
        var reader = new BsonSpanReader(array);
        for (; reader.Read(); count++)
        {
            if (reader.Type is BsonType.Null or BsonType.Undefined)
            {
                nulls = true;
                rows.AppendNull();
            }
            else if (element.Write(reader.Type, reader.Value, rows) is { } refusal)
            {
                return refusal with
                {
                    Within = $".{count}{refusal.Within}",
                    Found = refusal.Found ?? BsonText.Describe(reader.Type, reader.Value),
                };
            }
        }

        return reader.Fault == BsonFault.None ? null : Refusal.Unreadable(reader.Fault);
    }
}
