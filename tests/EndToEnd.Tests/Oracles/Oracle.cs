using System.Globalization;
#pragma warning disable IDE0005 // The chaos tests, which compile this file as well, have it everywhere.
using Migration.EndToEnd.Tests.Harness;
#pragma warning restore IDE0005
using Migration.SampleShop;
using MongoDB.Bson;
using Npgsql;

namespace Migration.EndToEnd.Tests.Oracles;

/// <summary>
/// Says whether a run did what it promises: every record of the source is a row with the right values or stands in
/// quarantine, and the counts of every slice add up. It streams both sides in the order of their keys, so memory does
/// not grow with the shop.
/// </summary>
/// <param name="poisoned">Products of which workers die or hang, and which must be in quarantine for it.</param>
/// <param name="products">Where the file says more of them than the example's.</param>
internal sealed class Oracle(
    NpgsqlDataSource target, ShopSource shop, string run, IReadOnlyCollection<string>? poisoned = null, ShopTable? products = null)
{
    private const int MostDifferences = 5;

    /// <exception cref="Xunit.Sdk.XunitException">Something is missing, there twice, or wrong; the message says what.</exception>
    public async Task CheckAsync(CancellationToken cancellation)
    {
        var bad = shop.Generator.BadProducts(shop.Counts).ToDictionary(product => product.Id, product => (BadKind?)product.Kind);
        foreach (var id in poisoned ?? [])
            bad.Add(id, null);
        var rejected = new Dictionary<string, BsonDocument>();
        var differences = new List<string>();
        await CompareAsync(
            products ?? ShopTable.Products, Without(bad, rejected, shop.Generator.Products(shop.Counts.Products, shop.Counts.Bad)),
            differences, cancellation);
        await CompareAsync(ShopTable.Customers, shop.Generator.Customers(shop.Counts.Customers), differences, cancellation);
        await CompareAsync(ShopTable.Orders, shop.Generator.Orders(shop.Counts), differences, cancellation);
        await new QuarantineCheck(target, run).CheckAsync(bad, rejected, differences, cancellation);
        await new SliceLaws(target, shop, run, poisoned?.Count ?? 0).CheckAsync(differences, cancellation);
        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    private static IEnumerable<BsonDocument> Without(
        Dictionary<string, BadKind?> bad, Dictionary<string, BsonDocument> rejected, IEnumerable<BsonDocument> products)
    {
        foreach (var product in products)
        {
            var id = product["_id"].AsObjectId.ToString();
            if (bad.ContainsKey(id))
                rejected[id] = product;
            else
                yield return product;
        }
    }

    private async Task CompareAsync(
        ShopTable table, IEnumerable<BsonDocument> documents, List<string> differences, CancellationToken cancellation)
    {
        await using var command = target.CreateCommand(table.Sql());
        command.CommandTimeout = 0;
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var more = await rows.ReadAsync(cancellation);
        foreach (var document in documents)
        {
            var key = table.Columns[0].Expect(document)!;
            while (more && Compare(rows.GetValue(0), key) < 0)
            {
                differences.Add($"{table.Name}: the row {rows.GetValue(0)} is there twice or comes from nowhere");
                more = await rows.ReadAsync(cancellation);
            }

            if (!more || Compare(rows.GetValue(0), key) > 0)
            {
                differences.Add($"{table.Name}: {key} is missing");
            }
            else
            {
                if (table.Difference(document, rows) is { } difference)
                    differences.Add(difference);
                more = await rows.ReadAsync(cancellation);
            }

            if (differences.Count >= MostDifferences)
                return;
        }

        if (more)
            differences.Add($"{table.Name}: the row {rows.GetValue(0)} is there twice or comes from nowhere");
    }

    private static int Compare(object left, object right) => left is long number
        ? number.CompareTo((long)right)
        : string.CompareOrdinal(Convert.ToString(left, CultureInfo.InvariantCulture), Convert.ToString(right, CultureInfo.InvariantCulture));
}
