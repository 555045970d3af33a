using Migration.Benchmarks.Preparing;
using Migration.Contracts.Migrations;
using Migration.SampleShop;
using MongoDB.Bson;

namespace Migration.Benchmarks.Micro;

/// <summary>Products in memory, and how they are mapped.</summary>
internal static class Products
{
    public const int Count = 1000;

    public static byte[][] Documents() => [.. new ShopGenerator().Products(Count, bad: 0).Select(product => product.ToBson())];

    /// <summary>All 13 columns.</summary>
    public static CollectionMapping Mapping() => Load(ProductsFile.Migration("shop"));

    /// <summary>The key and one other column.</summary>
    /// <param name="column">As a migration file has it, from its name on.</param>
    public static CollectionMapping Mapping(string column) => Load($$"""
        name: micro
        source: { database: shop }
        collections:
          - name: products
            primaryKey: id
            columns:
              id: { path: _id, type: text }
              {{column}}
        """);

    /// <summary>Nothing is connected to.</summary>
    private static CollectionMapping Load(string text) => MigrationFileLoader.LoadText(text, "micro.yaml", variable => variable switch
    {
        "MIGRATION_SOURCE" => "mongodb://127.0.0.1/",
        "MIGRATION_TARGET" => "postgres://nobody@127.0.0.1/none",
        _ => null,
    }).Collections[0];
}
