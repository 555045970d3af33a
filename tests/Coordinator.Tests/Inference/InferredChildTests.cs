using Migration.Contracts.Migrations;
using Migration.Coordinator.Inference;
using Migration.Worker.Mapping;
using Migration.Worker.Sources;
using Migration.Worker.Targets;
using MongoDB.Bson;

namespace Migration.Coordinator.Tests.Inference;

public sealed class InferredChildTests
{
    [Fact]
    public void Arrays_of_documents_become_tables_at_every_depth_and_all_others_stay()
    {
        var mapping = Infer(
        [
            BsonDocument.Parse(
                """
                { _id: 1, tags: ["a"], mixed: [{ a: 1 }, 2], nulls: [{ a: 1 }, null], deep: [[{ a: 1 }]],
                  media: { variants: [{ sku: "x", ordinal: 5, images: [{ url: "u", width: 3 }], sizes: [1] }, { sku: "y", spare: null }] } }
                """),
            BsonDocument.Parse("{ _id: 2 }"),
        ]);

        Assert.Equal(["id bigint", "tags text[]", "mixed jsonb", "nulls jsonb", "deep jsonb", "extra jsonb"], Columns(mapping));
        var tables = ChildTable.Of(mapping);
        Assert.Equal(["shop.things_media_variants", "shop.things_media_variants_images"], tables.Select(table => table.Mapping.Table.ToString()));
        Assert.Equal(
            ["things_id bigint", "ordinal integer", "sku text", "ordinal_2 bigint", "sizes bigint[]", "extra jsonb"], Columns(tables[0].Mapping));
        Assert.Equal(
            ["things_id bigint", "variants_ordinal integer", "ordinal integer", "url text", "width bigint", "extra jsonb"], Columns(tables[1].Mapping));
        Assert.Equal(["media", "variants"], tables[0].Child.Path);
    }

    [Fact]
    public void Elements_without_a_column_and_maps_stay_as_they_are()
    {
        var mapping = Infer(
        [
            .. Enumerable.Range(0, 50).Select(i => new BsonDocument
            {
                { "_id", i },
                { "votes", new BsonArray { new BsonDocument($"user{i}", 1) } },
                { "pages", new BsonArray { new BsonDocument("lines", new BsonArray { new BsonDocument("n", i) }) } },
            }),
        ]);

        Assert.Equal(["id bigint", "votes jsonb", "pages jsonb", "extra jsonb"], Columns(mapping));
        Assert.Null(mapping.Children);
    }

    [Fact]
    public void Whatever_documents_hold_the_inferred_mapping_takes_them_with_a_row_for_each_element()
    {
        var children = 0;
        for (var seed = 1; seed <= 60; seed++)
        {
            var documents = new RandomCollection(seed).Documents(120);
            foreach (var (document, i) in documents.Select((document, i) => (document, i)))
                document["lines"] = new BsonArray(Enumerable.Range(0, i % 4).Select(n => new BsonDocument { { "n", n }, { "parts", new BsonArray(Enumerable.Repeat(new BsonDocument("p", n), n)) } }));
            var mapping = Infer(documents);
            var mapper = new RecordMapper(mapping);
            using var rows = new RowBuffer();
            using var held = mapper.NewChildRows()!;
            foreach (var document in documents)
                Assert.Null(mapper.Map(document.ToBson(), rows, held));

            var tables = ChildTable.Of(mapping);
            foreach (var (table, place) in tables.Select((table, place) => (table, place)).Where(pair => pair.table.ParentPlace < 0))
            {
                Assert.Equal(documents.Sum(document => At(document, table.Child.Path) is BsonArray array ? array.Count : 0), held[place].Count);
                children++;
            }
        }

        Assert.True(children >= 60);
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

    private static IEnumerable<string> Columns(CollectionMapping mapping) => mapping.Columns.Select(column => $"{column.Name} {column.Type}");

    /// <summary>By way of the file's text, as a user would load it.</summary>
    private static CollectionMapping Infer(List<BsonDocument> documents)
    {
        using var profile = new CollectionProfile("things");
        foreach (var document in documents)
            profile.Add(new SourceRecord(document.ToBson()));
        var tables = new ColumnNames();
        var collection = new InferredCollection(profile, tables.Take(["things"]), tables);
        var text = new InferredFile(new SourceSettings { Uri = "mongodb://localhost/shop", Database = "shop" }, [collection]).Text();
        return MigrationFileLoader.LoadText(text, "inferred.yaml", name => name switch
        {
            "MIGRATION_SOURCE" => "mongodb://localhost/shop",
            "MIGRATION_TARGET" => "postgres://localhost/shop",
            _ => null,
        }).Collections[0];
    }
}
