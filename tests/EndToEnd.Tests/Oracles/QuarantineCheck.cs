using Migration.SampleShop;
using MongoDB.Bson;
using Npgsql;

namespace Migration.EndToEnd.Tests.Oracles;

/// <summary>
/// Whether quarantine holds each planted bad product once, whole, under the right column, and nothing else. A product of
/// which workers die or hang has null for its kind, and no column.
/// </summary>
internal sealed class QuarantineCheck(NpgsqlDataSource target, string run)
{
    public async Task CheckAsync(
        IReadOnlyDictionary<string, BadKind?> bad, IReadOnlyDictionary<string, BsonDocument> documents,
        List<string> differences, CancellationToken cancellation)
    {
        var missing = bad.Keys.ToHashSet();
        await using var command = target.CreateCommand(
            """
            SELECT q.collection, coalesce((q.record_id::json)->>'$oid', q.record_id), q.column_name, q.document, q.message
            FROM migration.quarantine q JOIN migration.run r ON r.id = q.run_id WHERE r.name = $1 AND q.resolved_at IS NULL
            """);
        command.Parameters.Add(new() { Value = run });
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            var (collection, id) = (rows.GetString(0), rows.GetString(1));
            var column = await rows.IsDBNullAsync(2, cancellation) ? null : rows.GetString(2);
            if (collection != "products" || !missing.Remove(id))
                differences.Add($"quarantine: {collection} {id} is there twice or should not be there ({rows.GetString(4)})");
            else if (column != ColumnOf(bad[id]))
                differences.Add($"quarantine: {id} ({bad[id]}) names column {column}, expected {ColumnOf(bad[id])}");
            else if (documents.TryGetValue(id, out var document) && !document.ToBson().AsSpan().SequenceEqual((byte[])rows.GetValue(3)))
                differences.Add($"quarantine: {id} is not the document that was read");
        }

        differences.AddRange(missing.Select(id => $"quarantine: {id} ({bad[id]}) is missing"));
    }

    private static string? ColumnOf(BadKind? kind) => kind switch
    {
        null => null,
        BadKind.PriceTooLarge => "price",
        BadKind.NameWithNul or BadKind.NameNull => "name",
        BadKind.StockNotANumber => "stock",
        BadKind.CreatedAtOutOfRange => "created_at",
        _ => throw new NotSupportedException($"{kind} is new; say which column refuses it."),
    };
}
