using Migration.Contracts.Migrations;
using Migration.Coordinator.Tests.Inference;
using Migration.EndToEnd.Tests.Harness;
using Migration.SampleShop;
using MongoDB.Bson;
using Npgsql;

namespace Migration.EndToEnd.Tests;

/// <summary>
/// Whether a run by an inferred file lost anything of a shop: each document is the row that the file's mapping calls for,
/// and holds all that the document said, or stands in quarantine, whole, and is one that was planted as impossible.
/// </summary>
internal sealed class InferredShop(NpgsqlDataSource target, ShopSource shop, MigrationFile file, string run)
{
    public async Task CheckAsync(CancellationToken cancellation)
    {
        var quarantined = await QuarantinedAsync(cancellation);
        var bad = shop.Generator.BadProducts(shop.Counts).ToDictionary(product => product.Id, product => product.Kind);
        foreach (var (id, (column, message)) in quarantined)
            Assert.True(bad.TryGetValue(id, out var kind) && column == ColumnOf(kind), $"{id} is in quarantine for column {column}: {message}");

        // What no type of PostgreSQL holds; the others fit the types that were inferred, or those that the sample showed.
        foreach (var id in bad.Where(product => product.Value is BadKind.NameWithNul or BadKind.CreatedAtOutOfRange).Select(product => product.Key))
            Assert.Contains(id, quarantined.Keys);
        await CompareAsync("products", shop.Generator.Products(shop.Counts.Products, shop.Counts.Bad).Where(d => !quarantined.ContainsKey(d["_id"].AsObjectId.ToString())), cancellation);
        await CompareAsync("customers", shop.Generator.Customers(shop.Counts.Customers), cancellation);
        await CompareAsync("orders", shop.Generator.Orders(shop.Counts), cancellation);
    }

    private async Task CompareAsync(string collection, IEnumerable<BsonDocument> documents, CancellationToken cancellation)
    {
        var mapping = file.Collections.Single(c => c.Name == collection);
        var key = mapping.Columns.Select(column => column.Name).ToList().IndexOf(mapping.PrimaryKey[0]);
        var rows = new Dictionary<string, string?[]>();
        await using var command = target.CreateCommand(HeldDocument.Select(mapping));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            var row = Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : reader.GetString(i)).ToArray();
            rows.Add(row[key]!, row);
        }

        foreach (var document in documents)
        {
            Assert.True(rows.Remove(document["_id"].ToString()!, out var row), $"{collection}: {document["_id"]} is missing");
            var difference = HeldDocument.Difference(mapping, document, row);
            Assert.True(difference is null, $"{collection}: {difference}");
        }

        Assert.Empty(rows);
    }

    private async Task<Dictionary<string, (string? Column, string Message)>> QuarantinedAsync(CancellationToken cancellation)
    {
        await using var command = target.CreateCommand(
            """
            SELECT (q.record_id::json)->>'$oid', q.column_name, q.message
            FROM migration.quarantine q JOIN migration.run r ON r.id = q.run_id WHERE r.name = $1 AND q.collection = 'products'
            """);
        command.Parameters.Add(new() { Value = run });
        var quarantined = new Dictionary<string, (string?, string)>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            quarantined.Add(reader.GetString(0), (reader.IsDBNull(1) ? null : reader.GetString(1), reader.GetString(2)));
        return quarantined;
    }

    private static string ColumnOf(BadKind kind) => kind switch
    {
        BadKind.PriceTooLarge => "price",
        BadKind.NameWithNul or BadKind.NameNull => "name",
        BadKind.StockNotANumber => "stock",
        _ => "created_at",
    };
}
