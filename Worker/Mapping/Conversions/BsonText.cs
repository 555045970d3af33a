using System.Text;
using Migration.Worker.Targets;
using MongoDB.Bson;

namespace Migration.Worker.Mapping.Conversions;

/// <summary>A value in a message: its type's name and its content, shortened.</summary>
internal static class BsonText
{
    public const int MaxLength = 80;

    public static string Describe(BsonType type, ReadOnlySpan<byte> value)
    {
        var name = NameOf(type);
        var text = type is BsonType.String or BsonType.Symbol
            ? $"'{Shorten(BsonSpanReader.TextOf(value))}'"
            : ContentOf(type, value);
        return text.Length == 0 ? name : $"{name} {text}";
    }

    public static string Shorten(ReadOnlySpan<byte> utf8)
    {
        // A character takes at most four bytes, so what lies beyond is never shown.
        var cut = utf8.Length > MaxLength * 4;
        var text = Encoding.UTF8.GetString(cut ? utf8[..(MaxLength * 4)] : utf8).Replace("\0", "\\0", StringComparison.Ordinal);
        if (!cut && text.Length <= MaxLength) return text;
        var length = Math.Min(text.Length, MaxLength - 1);
        // Half a surrogate pair could not be stored with the message.
        if (char.IsHighSurrogate(text[length - 1])) length--;
        return $"{text[..length]}…";
    }

    public static string NameOf(BsonType type) => type switch
    {
        BsonType.Double => "double",
        BsonType.String => "string",
        BsonType.Document => "document",
        BsonType.Array => "array",
        BsonType.Binary => "binary",
        BsonType.ObjectId => "ObjectId",
        BsonType.Boolean => "bool",
        BsonType.DateTime => "date",
        BsonType.RegularExpression => "regular expression",
        BsonType.JavaScript or BsonType.JavaScriptWithScope => "code",
        BsonType.Symbol => "symbol",
        BsonType.Int32 => "int32",
        BsonType.Int64 => "int64",
        BsonType.Decimal128 => "Decimal128",
        BsonType.Timestamp => "timestamp",
        BsonType.Null => "null",
        BsonType.Undefined => "undefined",
        BsonType.MinKey => "MinKey",
        BsonType.MaxKey => "MaxKey",
        _ => "DBPointer",
    };

    private static string ContentOf(BsonType type, ReadOnlySpan<byte> value)
    {
        using var rows = new RowBuffer(1024);
        switch (type)
        {
            case BsonType.Null or BsonType.Undefined or BsonType.MinKey or BsonType.MaxKey: return "";
            case BsonType.Double: ScalarText.AppendNumber(rows, ScalarText.ReadDouble(value)); break;
            case BsonType.Decimal128: ScalarText.AppendDecimal(rows, value); break;
            case BsonType.ObjectId: ScalarText.AppendObjectId(rows, value); break;
            case BsonType.DateTime:
                var milliseconds = ScalarText.ReadInt64(value);
                if (!ScalarText.TryAppendDate(rows, milliseconds)) return $"{milliseconds} ms since 1970";
                break;
            case BsonType.Binary: return $"of subtype {value[sizeof(int)]}, {value.Length - sizeof(int) - 1} bytes";
            default:
                // What cannot be written as JSON is still named by its type and size.
                if (new JsonWriter(rows, JsonForm.Json).Write(type, value) is not null) return $"of {value.Length} bytes";
                break;
        }

        return Shorten(rows.From(0));
    }
}
