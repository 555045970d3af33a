using System.Globalization;
using System.Text.Json;
using MongoDB.Bson;

namespace Migration.EndToEnd.Tests.Oracles;

/// <summary>Whether a jsonb value says what a BSON value said, type by type, as relaxed extended JSON has it.</summary>
internal static class JsonSameness
{
    public static bool Same(BsonValue expected, string? json)
    {
        if (json is null)
            return expected.IsBsonNull;
        using var document = JsonDocument.Parse(json);
        return Same(expected, document.RootElement);
    }

    private static bool Same(BsonValue expected, JsonElement actual) => expected.BsonType switch
    {
        BsonType.Document => SameObject(expected.AsBsonDocument, actual),
        BsonType.Array => SameArray(expected.AsBsonArray, actual),
        BsonType.String => actual.ValueKind == JsonValueKind.String && actual.GetString() == expected.AsString,
        BsonType.Boolean => actual.ValueKind == (expected.AsBoolean ? JsonValueKind.True : JsonValueKind.False),
        BsonType.Null => actual.ValueKind == JsonValueKind.Null,
        BsonType.Int32 or BsonType.Int64 => actual.ValueKind == JsonValueKind.Number
            && actual.GetRawText() == expected.ToInt64().ToString(CultureInfo.InvariantCulture),
        // A double keeps a fraction, so that it is told from an integer.
        BsonType.Double => actual.ValueKind == JsonValueKind.Number && actual.GetDouble().Equals(expected.AsDouble)
            && actual.GetRawText().Contains('.', StringComparison.Ordinal),
        BsonType.Decimal128 => Wrapped(actual, "$numberDecimal") == expected.AsDecimal128.ToString(),
        BsonType.ObjectId => Wrapped(actual, "$oid") == expected.AsObjectId.ToString(),
        BsonType.DateTime => Wrapped(actual, "$date") is { } date
            && DateTimeOffset.Parse(date, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds() == expected.AsBsonDateTime.MillisecondsSinceEpoch,
        _ => throw new NotSupportedException($"The shop has no {expected.BsonType}."),
    };

    private static bool SameObject(BsonDocument expected, JsonElement actual)
        => actual.ValueKind == JsonValueKind.Object
            && actual.GetPropertyCount() == expected.ElementCount
            && expected.All(field => actual.TryGetProperty(field.Name, out var value) && Same(field.Value, value));

    private static bool SameArray(BsonArray expected, JsonElement actual)
        => actual.ValueKind == JsonValueKind.Array
            && actual.GetArrayLength() == expected.Count
            && expected.Zip(actual.EnumerateArray()).All(pair => Same(pair.First, pair.Second));

    private static string? Wrapped(JsonElement actual, string key)
        => actual.ValueKind == JsonValueKind.Object && actual.GetPropertyCount() == 1 && actual.TryGetProperty(key, out var value)
            ? value.GetString()
            : null;
}
