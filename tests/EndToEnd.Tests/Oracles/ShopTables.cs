using MongoDB.Bson;
using Npgsql;

namespace Migration.EndToEnd.Tests.Oracles;

/// <summary>How a column's value follows from a document; null means SQL's NULL.</summary>
internal sealed record ShopColumn(string Name, Func<BsonDocument, object?> Expect);

/// <summary>
/// The example's mapping, told a second time: what each column must hold, from the document alone and without any of the
/// product's code.
/// </summary>
internal sealed record ShopTable(string Name, IReadOnlyList<ShopColumn> Columns)
{
    private static readonly string[] TakenWhole =
    [
        "_id", "sku", "name", "description", "price", "currency", "weight", "stock", "active", "tags", "variants", "images",
        "createdAt", "updatedAt", "rating",
    ];

    public static ShopTable Products { get; } = new("products",
    [
        new("id", d => d["_id"].AsObjectId.ToString()),
        new("sku", d => d["sku"].AsString),
        new("name", d => d["name"].AsString),
        new("description", d => d["description"].AsString),
        new("vendor", d => d["vendor"]["name"].AsString),
        new("city", d => d["vendor"]["address"]["city"].AsString),
        new("price", d => Decimal128.ToDecimal(d["price"].AsDecimal128)),
        new("currency", d => d["currency"].AsString),
        new("weight", d => d["weight"].AsDouble),
        new("stock", d => d["stock"].AsInt32),
        new("active", d => d["active"].AsBoolean),
        new("tags", d => d["tags"].AsBsonArray.Select(tag => tag.AsString).ToArray()),
        new("variants", d => d["variants"]),
        new("images", d => d["images"]),
        new("created_at", d => Time(d["createdAt"])),
        new("updated_at", d => Time(d["updatedAt"])),
        new("rating", d => d.TryGetValue("rating", out var rating) ? rating.AsDouble : null),
        new("extra", d => new BsonDocument(d.Where(field => !TakenWhole.Contains(field.Name)))),
    ]);

    public static ShopTable Customers { get; } = new("customers",
    [
        new("id", d => d["_id"].AsInt64),
        new("name", d => d["name"].AsString),
        new("email", d => d["email"].AsString),
        new("address", d => d["address"]),
        new("created_at", d => Time(d["createdAt"])),
        new("loyalty", d => d["loyalty"].AsInt32),
    ]);

    public static ShopTable Orders { get; } = new("orders",
    [
        new("id", d => d["_id"].AsObjectId.ToString()),
        new("customer_id", d => d["customerId"].AsInt64),
        new("lines", d => d["lines"]),
        new("total", d => Decimal128.ToDecimal(d["total"].AsDecimal128)),
        new("status", d => d["status"].AsString),
        new("placed_at", d => Time(d["placedAt"])),
    ]);

    /// <summary>Every row in the order of the source's keys.</summary>
    public string Sql() => $"SELECT {string.Join(", ", Columns.Select(column => column.Name))} FROM shop.{Name} ORDER BY "
        + (Name == "customers" ? "id" : "id COLLATE \"C\"");

    /// <summary>Null when the row is what the document says; else the first column that is not, with both values.</summary>
    public string? Difference(BsonDocument document, NpgsqlDataReader row)
    {
        for (var i = 0; i < Columns.Count; i++)
        {
            var expected = Columns[i].Expect(document);
            var actual = row.IsDBNull(i) ? null : row.GetValue(i);
            if (!Same(expected, actual))
                return $"{Name} {document["_id"]}: {Columns[i].Name} is {Show(actual)}, expected {Show(expected)}";
        }

        return null;
    }

    private static bool Same(object? expected, object? actual) => expected switch
    {
        BsonValue value => JsonSameness.Same(value, actual as string),
        string[] texts => actual is string[] array && texts.SequenceEqual(array),
        _ => Equals(expected, actual),
    };

    private static string Show(object? value) => value switch
    {
        null => "NULL",
        string[] texts => "{" + string.Join(",", texts) + "}",
        _ => value.ToString()!,
    };

    private static DateTime Time(BsonValue value) => value.ToUniversalTime();
}
