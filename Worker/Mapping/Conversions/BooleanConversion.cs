using Migration.Worker.Targets;
using MongoDB.Bson;

namespace Migration.Worker.Mapping.Conversions;

internal sealed class BooleanConversion : ColumnConversion
{
    public override Refusal? Write(BsonType type, ReadOnlySpan<byte> value, RowBuffer rows)
    {
        if (type != BsonType.Boolean) return Refusal.WrongType;
        rows.AppendField(1)[0] = value[0];
        return null;
    }
}
