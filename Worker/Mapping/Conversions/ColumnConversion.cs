using Migration.Contracts.Migrations;
using Migration.Worker.Targets;
using MongoDB.Bson;

namespace Migration.Worker.Mapping.Conversions;

/// <summary>
/// Writes a BSON value as a field of one PostgreSQL type in binary COPY's form, without loss, or refuses it. After a
/// refusal the row's last bytes are undefined; the caller drops the row. Null, undefined and missing never come here.
/// </summary>
internal abstract class ColumnConversion
{
    /// <returns>Null when the field was written, length included.</returns>
    public abstract Refusal? Write(BsonType type, ReadOnlySpan<byte> value, RowBuffer rows);

    public static ColumnConversion For(ColumnType type) => type.IsArray
        ? new ArrayConversion(ForElement(type), SqlTypes.Oid(type.Kind))
        : ForElement(type);

    private static ColumnConversion ForElement(ColumnType type) => type.Kind switch
    {
        ColumnKind.Text => new TextConversion(null),
        ColumnKind.Varchar => new TextConversion(type.Length),
        ColumnKind.Int2 => new IntegerConversion(sizeof(short)),
        ColumnKind.Int4 => new IntegerConversion(sizeof(int)),
        ColumnKind.Int8 => new IntegerConversion(sizeof(long)),
        ColumnKind.Numeric => new NumericConversion(type.Precision, type.Scale),
        ColumnKind.Float4 => new Float4Conversion(),
        ColumnKind.Float8 => new Float8Conversion(),
        ColumnKind.Bool => new BooleanConversion(),
        ColumnKind.Uuid => new UuidConversion(),
        ColumnKind.Date => new DateConversion(),
        ColumnKind.Timestamp or ColumnKind.TimestampTz => new TimestampConversion(),
        ColumnKind.Char => new TextConversion(type.Length, isPadded: true),
        ColumnKind.Time => new TimeConversion(),
        ColumnKind.Interval => new IntervalConversion(),
        ColumnKind.Inet => new NetworkConversion(isCidr: false),
        ColumnKind.Cidr => new NetworkConversion(isCidr: true),
        ColumnKind.Enum => new EnumConversion(type.Enum!),
        ColumnKind.Bytea => new ByteaConversion(),
        ColumnKind.Json => new JsonConversion(JsonForm.Json),
        ColumnKind.Jsonb => new JsonConversion(JsonForm.Jsonb),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type.Kind, null),
    };
}
