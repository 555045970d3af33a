using Migration.SampleShop;
using MongoDB.Bson;

namespace Migration.EndToEnd.Tests.Harness;

/// <summary>
/// The sample shop's products with their images within each variant, as a dump: arrays two levels deep. A few have an
/// element that the mapping or a constraint refuses.
/// </summary>
internal sealed class NestedShop
{
    public const int Products = 3_000;

    /// <summary>The url that the test's own constraint refuses.</summary>
    public const string Forbidden = "http://127.0.0.1/forbidden";

    private NestedShop(List<BsonDocument> documents) => Documents = documents;

    /// <summary>In the order of their keys.</summary>
    public IReadOnlyList<BsonDocument> Documents { get; }

    /// <summary>Of products, by the column that is named with them; null for a constraint's refusal.</summary>
    public Dictionary<string, string?> Refused { get; } = [];

    public static async Task<NestedShop> WriteAsync(string folder, CancellationToken cancellation)
    {
        var shop = new NestedShop([.. new ShopGenerator().Products(Products, bad: 0)]);
        for (var i = 0; i < Products; i++)
            shop.Nest(shop.Documents[i], i);
        Directory.CreateDirectory(Path.Combine(folder, "shop"));
        await using var dump = File.Create(Path.Combine(folder, "shop", "products.bson"));
        foreach (var document in shop.Documents)
            await dump.WriteAsync(document.ToBson(), cancellation);
        return shop;
    }

    public static string MigrationFile(int sliceRecords) => $$"""
        name: nested
        source: { database: shop }
        slices: { minRecords: {{sliceRecords}}, maxRecords: {{sliceRecords}} }
        worker: { leaseSeconds: 5, batchRecords: 150 }
        collections:
          - name: products
            table: shop.products
            primaryKey: id
            columns: { id: { path: _id, type: text }, name: text }
            children:
              - path: variants
                table: shop.variants
                parentKey: product_id
                ordinal: position
                columns: { sku: { type: text, required: true }, price: "numeric(18,2)", stock: int }
                unmapped: { column: rest }
                children:
                  - path: media.images
                    table: shop.images
                    columns: { url: { type: text, required: true }, alt: text }
              - path: tags
                table: shop.tags
                columns: { tag: { path: ".", type: text } }
        """;

    private void Nest(BsonDocument product, int number)
    {
        var images = product["images"].AsBsonArray;
        product.Remove("images");
        foreach (var variant in product["variants"].AsBsonArray.Select(variant => variant.AsBsonDocument))
            variant["media"] = new BsonDocument("images", images.DeepClone());
        if (number % 400 is var kind && kind is 50 or 150 or 250)
            Spoil(product, kind);
    }

    private void Spoil(BsonDocument product, int kind)
    {
        var variant = new BsonDocument { { "sku", "planted" }, { "price", 1 }, { "stock", 1 } };
        product["variants"].AsBsonArray.Add(variant);
        var image = new BsonDocument { { "url", "u" }, { "alt", "a" } };
        variant["media"] = new BsonDocument("images", new BsonArray { new BsonDocument("url", "fine"), image });
        switch (kind)
        {
            case 50: variant["price"] = Decimal128.Parse("1E+6111"); break;
            case 150: image["url"] = BsonNull.Value; break;
            default: image["url"] = Forbidden; break;
        }

        Refused.Add(product["_id"].ToString()!, kind switch { 50 => "variants.price", 150 => "images.url", _ => null });
    }
}
