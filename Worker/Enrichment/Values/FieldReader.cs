using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Migration.Contracts.Migrations;
using Migration.Worker.Mapping.Conversions;

namespace Migration.Worker.Enrichment.Values;

/// <summary>
/// Makes .NET's values of fields in COPY's binary form: string, long, decimal, double, bool, Guid, DateOnly, DateTime (UTC),
/// byte[], JsonElement, texts for times of day, intervals and addresses, and arrays of them as <c>object?[]</c>.
/// </summary>
internal static class FieldReader
{
    /// <summary>2000-01-01, PostgreSQL's epoch.</summary>
    private static readonly DateTime Epoch = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <param name="problem">Why .NET has no such value, without a full stop; null when it has.</param>
    public static object? Read(ColumnType type, ReadOnlySpan<byte> field, out string? problem)
    {
        problem = null;
        try
        {
            return type.IsArray ? ReadArray(type with { IsArray = false }, field) : ReadOne(type, field);
        }
        catch (Exception e) when (e is OverflowException or ArgumentOutOfRangeException or NotSupportedException or JsonException)
        {
            problem = e is NotSupportedException ? $"no step can read {type}" : $"it is beyond what a step can be given of {type}";
            return null;
        }
    }

    private static object ReadOne(ColumnType type, ReadOnlySpan<byte> field) => type.Kind switch
    {
        ColumnKind.Text or ColumnKind.Varchar or ColumnKind.Char or ColumnKind.Enum => Encoding.UTF8.GetString(field),
        ColumnKind.Int2 => (long)BinaryPrimitives.ReadInt16BigEndian(field),
        ColumnKind.Int4 => (long)BinaryPrimitives.ReadInt32BigEndian(field),
        ColumnKind.Int8 => BinaryPrimitives.ReadInt64BigEndian(field),
        ColumnKind.Numeric => NumericField.Read(field),
        ColumnKind.Float4 => (double)BinaryPrimitives.ReadSingleBigEndian(field),
        ColumnKind.Float8 => BinaryPrimitives.ReadDoubleBigEndian(field),
        ColumnKind.Bool => field[0] != 0,
        ColumnKind.Uuid => new Guid(field, bigEndian: true),
        ColumnKind.Date => DateOnly.FromDateTime(Epoch).AddDays(BinaryPrimitives.ReadInt32BigEndian(field)),
        ColumnKind.Timestamp or ColumnKind.TimestampTz => Epoch.AddTicks(checked(BinaryPrimitives.ReadInt64BigEndian(field) * TimeSpan.TicksPerMicrosecond)),
        ColumnKind.Time => ColumnTime.Format(BinaryPrimitives.ReadInt64BigEndian(field)),
        ColumnKind.Interval => IntervalConversion.Read(field).ToString(),
        ColumnKind.Inet => NetworkConversion.Read(field, alwaysBits: false),
        ColumnKind.Cidr => NetworkConversion.Read(field, alwaysBits: true),
        ColumnKind.Bytea => field.ToArray(),
        ColumnKind.Json => Json(field),
        // A version number stands before the text.
        ColumnKind.Jsonb => Json(field[1..]),
        _ => throw new NotSupportedException(),
    };

    private static JsonElement Json(ReadOnlySpan<byte> text)
    {
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = 512 });
        return JsonElement.ParseValue(ref reader);
    }

    /// <summary>Dimensions, flags and element type, then length and lower bound of the one dimension, then the elements.</summary>
    private static object?[] ReadArray(ColumnType element, ReadOnlySpan<byte> field)
    {
        var values = new object?[BinaryPrimitives.ReadInt32BigEndian(field) == 0 ? 0 : BinaryPrimitives.ReadInt32BigEndian(field[12..])];
        var at = 20;
        for (var i = 0; i < values.Length; i++)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(field[at..]);
            at += sizeof(int);
            if (length < 0) continue;
            values[i] = ReadOne(element, field.Slice(at, length));
            at += length;
        }

        return values;
    }
}
