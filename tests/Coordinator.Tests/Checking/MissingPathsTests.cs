using Migration.Contracts.Migrations;
using Migration.Coordinator.Checking;
using Migration.Coordinator.Inference;
using Migration.Coordinator.Planning;
using Migration.Worker.Sources;
using MongoDB.Bson;

namespace Migration.Coordinator.Tests.Checking;

/// <summary>Paths of children that no element has, as <c>plan</c> and <c>check</c> say them.</summary>
public sealed class MissingPathsTests
{
    private const string Products =
        """
        source: { uri: "mongodb://localhost/shop" }
        target: { uri: "postgres://localhost/shop" }
        collections:
          - name: products
            primaryKey: id
            columns: { id: { path: _id, type: text }, nam: text }
            children:
              - path: variants
                table: variants
                columns: { sku: text, prize: { path: price.amount, type: numeric }, at: { path: sizes.1, type: int }, note: { type: text, enriched: true } }
                children:
                  - { path: media.images, table: images, columns: { url: text, alternative: { path: alt, type: text, default: none } } }
              - { path: tags, table: tags, columns: { tag: { path: ".", type: text } } }
              - { path: parts, table: parts, columns: { part: text } }
              - { path: empties, table: empties, columns: { x: text } }
            enrich:
              - lookup: { csv: /notes.csv, match: { sku: variants.sku }, take: { variants.note: note } }
        """;

    private static readonly string[] Documents =
    [
        """{ _id: 1, name: "a", tags: ["x"], empties: [], variants: [{ sku: "1", sizes: [1] }, { sku: "2", price: { amont: 2 }, sizes: [1, 2], media: { images: [{ url: "u" }] } }] }""",
        """{ _id: 2, name: "b", tags: null, variants: null }""",
    ];

    [Fact]
    public void A_plan_names_each_with_its_line()
    {
        var sample = Documents.Select(document => new ReadOnlyMemory<byte>(BsonDocument.Parse(document).ToBson())).ToList();

        Assert.Equal(
            [
                "products: none of 2 sampled records has 'nam', the path of column 'nam' (line 6 of the migration file); the column would be NULL.",
                "products: none of the 2 elements of 'variants' in sampled records has 'price.amount', the path of column 'variants.prize' (line 10 of the migration file); the column would be NULL.",
                "products: none of the 1 elements of 'media.images' in sampled records has 'alt', the path of column 'images.alternative' (line 12 of the migration file); the column would be its default.",
                "products: none of 2 sampled records has 'parts', the path of the child on line 14 of the migration file; table public.parts would be empty.",
            ],
            MissingPaths.Of(Load(), sample));
        Assert.Empty(MissingPaths.Of(Load(), []));
    }

    [Fact]
    public void A_check_names_each_with_the_nearest_that_there_is()
    {
        using var profile = new CollectionProfile("products");
        foreach (var document in Documents)
            profile.Add(new SourceRecord(BsonDocument.Parse(document).ToBson()));

        var warnings = PathWarnings.Of(Load(), profile, _ => false).ToList();

        Assert.Contains(
            "none of the elements looked at has 'price.amount', the path of column 'variants.prize' (line 10 of the migration file), the nearest is 'price.amont'; the column would be NULL.", warnings);
        Assert.Contains("none of the records looked at has 'parts', the path of the child on line 14 of the migration file; table public.parts would be empty.", warnings);
        Assert.Contains(warnings, warning => warning.Contains("'images.alternative' (line 12", StringComparison.Ordinal));
        Assert.DoesNotContain(warnings, warning => warning.Contains("note", StringComparison.Ordinal) || warning.Contains("'sizes.1'", StringComparison.Ordinal));
    }

    private static CollectionMapping Load() => MigrationFileLoader.LoadText(Products, "shop.yaml", _ => null).Collections[0];
}
