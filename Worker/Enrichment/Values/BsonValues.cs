using System.Collections;
using System.Globalization;
using System.Text.Json;
using Migration.Contracts.Migrations;
using MongoDB.Bson;

namespace Migration.Worker.Enrichment.Values;

/// <summary>
/// Makes BSON of what services, files and plugins give. JSON has one kind of number and no dates: what a number or a text
/// of it means is decided by the column that it is for.
/// </summary>
internal static class BsonValues
{
    private const int MaxDepth = 100;

    /// <summary>What stands inside an object or an array has no column of its own.</summary>
    private static readonly ColumnType Inner = new(ColumnKind.Jsonb);

    /// <exception cref="NotSupportedException">There is no such BSON; says what the value is and why, without a full stop.</exception>
    public static BsonValue Of(object? value, ColumnType type) => Of(value, type, 0);

    private static BsonValue Of(object? value, ColumnType type, int depth) => value switch
    {
        null => BsonNull.Value,
        _ when depth > MaxDepth => throw new NotSupportedException($"a value nested more than {MaxDepth} deep"),
        string text => OfText(text, type),
        bool flag => BsonBoolean.Create(flag),
        sbyte or byte or short or ushort or int or uint or long => new BsonInt64(Convert.ToInt64(value, CultureInfo.InvariantCulture)),
        ulong number => new BsonDecimal128(number),
        double number => new BsonDouble(number),
        float number => new BsonDouble(number),
        decimal number => new BsonDecimal128(new Decimal128(number)),
        Guid uuid => new BsonBinaryData(uuid, GuidRepresentation.Standard),
        DateOnly date => OfTime(date.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc)),
        DateTimeOffset time => OfTime(time.UtcDateTime),
        DateTime { Kind: DateTimeKind.Unspecified } => throw new NotSupportedException("a DateTime that does not say whether it is UTC"),
        DateTime time => OfTime(time.ToUniversalTime()),
        byte[] bytes => new BsonBinaryData(bytes),
        JsonElement json => OfJson(json, type, depth),
        IDictionary<string, object?> map => new BsonDocument(map.Select(pair => new BsonElement(pair.Key, Of(pair.Value, Inner, depth + 1)))),
        IEnumerable items => new BsonArray(items.Cast<object?>().Select(item => Of(item, ElementOf(type), depth + 1))),
        _ => throw new NotSupportedException($"a value of the type {value.GetType().FullName}, which no column takes"),
    };

    private static ColumnType ElementOf(ColumnType type) => type.IsArray ? type with { IsArray = false } : Inner;

    private static BsonValue OfText(string text, ColumnType type) => type.Kind switch
    {
        ColumnKind.Date or ColumnKind.Timestamp or ColumnKind.TimestampTz => OfTime(text),
        _ => new BsonString(text),
    };

    private static BsonDateTime OfTime(string text)
        => DateTimeOffset.TryParseExact(
            text, ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK"],
            CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? OfTime(time.UtcDateTime)
            : throw new NotSupportedException($"the text '{Shorten(text)}', which is no date such as 2024-02-29T12:34:56Z");

    private static BsonDateTime OfTime(DateTime utc) => utc.Ticks % TimeSpan.TicksPerMillisecond == 0
        ? new BsonDateTime(utc)
        : throw new NotSupportedException("a time that is finer than a millisecond");

    private static BsonValue OfJson(JsonElement json, ColumnType type, int depth) => json.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => BsonNull.Value,
        JsonValueKind.True => BsonBoolean.True,
        JsonValueKind.False => BsonBoolean.False,
        JsonValueKind.String => OfText(json.GetString()!, type),
        JsonValueKind.Number => OfNumber(json.GetRawText(), type.Kind),
        JsonValueKind.Array => new BsonArray(json.EnumerateArray().Select(item => Of(item, ElementOf(type), depth + 1))),
        _ => new BsonDocument(json.EnumerateObject().Select(field => new BsonElement(field.Name, Of(field.Value, Inner, depth + 1)))),
    };

    /// <summary>As the column would have it: a double for one of floats, the digits as they stand for a text or an exact number.</summary>
    private static BsonValue OfNumber(string text, ColumnKind kind) => kind switch
    {
        ColumnKind.Float8 => new BsonDouble(double.Parse(text, CultureInfo.InvariantCulture)),
        ColumnKind.Float4 => new BsonDouble(float.Parse(text, CultureInfo.InvariantCulture)),
        ColumnKind.Text or ColumnKind.Varchar => new BsonString(text),
        ColumnKind.Json or ColumnKind.Jsonb when !text.AsSpan().ContainsAny('.', 'e', 'E') && long.TryParse(text, CultureInfo.InvariantCulture, out var whole) => new BsonInt64(whole),
        ColumnKind.Json or ColumnKind.Jsonb => new BsonDouble(double.Parse(text, CultureInfo.InvariantCulture)) is var number && IsExact(text, number.Value) ? number : Exact(text),
        _ => Exact(text),
    };

    private static BsonDecimal128 Exact(string text) => Decimal128.TryParse(text, out var number)
        ? new BsonDecimal128(number)
        : throw new NotSupportedException($"the number {Shorten(text)}, which has more than 34 digits");

    private static bool IsExact(string text, double number)
        => Decimal128.TryParse(text, out var written) && Decimal128.TryParse(number.ToString("R", CultureInfo.InvariantCulture), out var kept)
            && Decimal128.Compare(written, kept) == 0;

    private static string Shorten(string text) => text.Length <= 40 ? text : $"{text[..40]}…";
}
