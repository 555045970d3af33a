using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Migration.Contracts.Migrations;
using MongoDB.Bson;

#pragma warning disable IDE0130 // The end-to-end tests compile this file as well.
namespace Migration.Coordinator.Tests.Inference;

/// <summary>
/// Says whether a row holds all that its document said, by the mapping alone and without any of the mapping's code: each
/// column the value at its path, and the column of unmapped fields every field that no column takes whole.
/// </summary>
internal static class HeldDocument
{
    /// <summary>Each column of the mapping as text that <see cref="Difference"/> understands.</summary>
    public static string Select(CollectionMapping mapping) =>
        $"SELECT {string.Join(", ", mapping.Columns.Select(Expression))} FROM {mapping.Table.Quoted}";

    /// <summary>Null when nothing is lost; else the column and both values.</summary>
    public static string? Difference(CollectionMapping mapping, BsonDocument document, IReadOnlyList<string?> row)
    {
        for (var i = 0; i < mapping.Columns.Count; i++)
        {
            var column = mapping.Columns[i];
            var expected = column.Name == mapping.Unmapped.Column ? Unmapped(mapping, document) : At(document, column.Path);
            if (!IsHeld(expected, column.Type, row[i]))
                return $"column '{column.Name}' ({column.Type}) holds {row[i] ?? "NULL"}, and '{column.PathText}' is {expected?.ToString() ?? "missing"} in {document}";
        }

        return null;
    }

    private static string Expression(ColumnMapping column)
    {
        var name = TableName.Quote(column.Name);
        if (!column.Type.IsArray)
            return Scalar(column.Type.Kind, name);
        var elements = $"(SELECT jsonb_agg({Scalar(column.Type.Kind, "e")} ORDER BY n) FROM unnest({name}) WITH ORDINALITY u (e, n))";
        return $"CASE WHEN {name} IS NOT NULL THEN coalesce({elements}, '[]')::text END";
    }

    private static string Scalar(ColumnKind kind, string name) => kind switch
    {
        ColumnKind.TimestampTz => $"(extract(epoch FROM {name}) * 1000)::bigint::text",
        ColumnKind.Bytea => $"encode({name}, 'hex')",
        _ => $"{name}::text",
    };

    private static BsonDocument Unmapped(CollectionMapping mapping, BsonDocument document)
    {
        var whole = mapping.Columns.Where(column => column.Path.Count == 1).Select(column => column.Path[0]).ToHashSet();
        return new BsonDocument(document.Where(field => !whole.Contains(field.Name)));
    }

    private static BsonValue? At(BsonValue value, IEnumerable<string> path)
    {
        foreach (var name in path)
        {
            if (value is not BsonDocument document || !document.TryGetValue(name, out value!))
                return null;
        }

        return value;
    }

    private static bool IsHeld(BsonValue? value, ColumnType type, string? held)
    {
        if (value is null or BsonNull or BsonUndefined || held is null)
            return value is null or BsonNull or BsonUndefined && held is null;
        if (!type.IsArray)
            return IsScalarHeld(value, type.Kind, held);
        using var array = JsonDocument.Parse(held);
        return value is BsonArray elements && elements.Count == array.RootElement.GetArrayLength()
            && elements.Zip(array.RootElement.EnumerateArray()).All(pair => IsHeld(pair.First, type with { IsArray = false }, pair.Second.GetString()));
    }

    private static bool IsScalarHeld(BsonValue value, ColumnKind kind, string held) => kind switch
    {
        ColumnKind.Text => held == (value is BsonSymbol symbol ? symbol.Name : value is BsonObjectId id ? id.Value.ToString() : value.AsString),
        ColumnKind.Int8 => value is BsonInt32 or BsonInt64 && held == value.ToInt64().ToString(CultureInfo.InvariantCulture),
        ColumnKind.Float8 => IsSameDouble(value.ToDouble(), ReadDouble(held)),
        ColumnKind.Numeric => value is BsonDouble number ? IsSameDouble(number.Value, ReadDouble(held)) : IsSameDecimal(value.ToString()!, held),
        ColumnKind.Bool => held == (value.AsBoolean ? "true" : "false"),
        ColumnKind.TimestampTz => held == value.AsBsonDateTime.MillisecondsSinceEpoch.ToString(CultureInfo.InvariantCulture),
        ColumnKind.Uuid => Guid.Parse(held) == value.AsBsonBinaryData.ToGuid(GuidRepresentation.Standard),
        ColumnKind.Bytea => held == Convert.ToHexStringLower(value.AsBsonBinaryData.Bytes),
        _ => IsJsonHeld(value, held),
    };

    /// <summary>Zeros of either sign are two; NaN is one.</summary>
    private static bool IsSameDouble(double left, double right)
        => left.Equals(right) && double.IsNegative(left) == double.IsNegative(right) || double.IsNaN(left) && double.IsNaN(right);

    private static double ReadDouble(string text) => text switch
    {
        "NaN" => double.NaN,
        "Infinity" => double.PositiveInfinity,
        "-Infinity" => double.NegativeInfinity,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };

    private static bool IsSameDecimal(string left, string right) => Fraction(left) is var (a, p) && Fraction(right) is var (b, q)
        && a * BigInteger.Pow(10, Math.Max(0, p - q)) == b * BigInteger.Pow(10, Math.Max(0, q - p));

    /// <summary>Coefficient and exponent of ten.</summary>
    private static (BigInteger Coefficient, int Exponent) Fraction(string text)
    {
        var parts = text.Split('E');
        var exponent = parts.Length == 2 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0;
        var point = parts[0].IndexOf('.', StringComparison.Ordinal);
        var digits = parts[0].Replace(".", "", StringComparison.Ordinal);
        return (BigInteger.Parse(digits, CultureInfo.InvariantCulture), exponent - (point < 0 ? 0 : parts[0].Length - point - 1));
    }

    private static bool IsJsonHeld(BsonValue value, string held)
    {
        using var json = JsonDocument.Parse(held, new JsonDocumentOptions { MaxDepth = 300 });
        try
        {
            return IsSame(value, json.RootElement);
        }
        catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException)
        {
            return false; // not even of the shape that the value's type has
        }
    }

    private static bool IsSame(BsonValue bson, JsonElement json) => bson switch
    {
        BsonDocument d => json.ValueKind == JsonValueKind.Object && json.EnumerateObject().Count() == d.ElementCount
            && d.Elements.All(e => json.TryGetProperty(e.Name, out var value) && IsSame(e.Value, value)),
        BsonArray a => json.ValueKind == JsonValueKind.Array && json.GetArrayLength() == a.Count
            && a.Zip(json.EnumerateArray()).All(p => IsSame(p.First, p.Second)),
        BsonInt32 or BsonInt64 => json.ValueKind == JsonValueKind.Number && json.GetInt64() == bson.ToInt64(),
        BsonDouble d when json.ValueKind == JsonValueKind.Number => IsSameDouble(json.GetDouble(), d.Value),
        BsonDouble d => ReadDouble(Wrapped(json, "$numberDouble")).Equals(d.Value),
        BsonDecimal128 d => Wrapped(json, "$numberDecimal") == d.Value.ToString(),
        BsonString s => json.ValueKind == JsonValueKind.String && json.GetString() == s.Value,
        BsonBoolean b => json.ValueKind == (b.Value ? JsonValueKind.True : JsonValueKind.False),
        BsonNull => json.ValueKind == JsonValueKind.Null,
        _ => IsSameRare(bson, json),
    };

    private static bool IsSameRare(BsonValue bson, JsonElement json) => bson switch
    {
        BsonObjectId o => Wrapped(json, "$oid") == o.Value.ToString(),
        BsonBinaryData b => json.GetProperty("$binary") is var data && data.GetProperty("base64").GetBytesFromBase64().AsSpan().SequenceEqual(b.Bytes)
            && data.GetProperty("subType").GetString() == ((byte)b.SubType).ToString("x2", CultureInfo.InvariantCulture),
        BsonDateTime t => Milliseconds(json.GetProperty("$date")) == t.MillisecondsSinceEpoch,
        BsonUndefined => json.GetProperty("$undefined").GetBoolean(),
        BsonMinKey => json.TryGetProperty("$minKey", out _),
        BsonMaxKey => json.TryGetProperty("$maxKey", out _),
        BsonSymbol s => Wrapped(json, "$symbol") == s.Name,
        BsonTimestamp t => json.GetProperty("$timestamp") is var stamp
            && stamp.GetProperty("t").GetInt64() == (uint)t.Timestamp && stamp.GetProperty("i").GetInt64() == (uint)t.Increment,
        BsonRegularExpression r => json.GetProperty("$regularExpression") is var regex
            && regex.GetProperty("pattern").GetString() == r.Pattern && regex.GetProperty("options").GetString() == r.Options,
        BsonJavaScriptWithScope s => Wrapped(json, "$code") == s.Code && IsSame(s.Scope, json.GetProperty("$scope")),
        BsonJavaScript c => Wrapped(json, "$code") == c.Code,
        _ => false,
    };

    private static string Wrapped(JsonElement json, string name) => json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var text) ? text.GetString()! : "";

    private static long Milliseconds(JsonElement date) => date.ValueKind == JsonValueKind.Object
        ? long.Parse(date.GetProperty("$numberLong").GetString()!, CultureInfo.InvariantCulture)
        : date.GetDateTimeOffset().ToUnixTimeMilliseconds();
}
