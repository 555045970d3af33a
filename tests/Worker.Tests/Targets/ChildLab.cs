using Migration.Contracts.Migrations;
using Migration.Worker.Mapping;
using Migration.Worker.Targets;
using Migration.Worker.Tests.Mapping;
using MongoDB.Bson;
using Npgsql;

namespace Migration.Worker.Tests.Targets;

/// <summary>Products with variants and their images in a schema of the test's own, and batches for them.</summary>
internal sealed class ChildLab(TargetFixture target)
{
    private const string File =
        """
        collections:
          - name: products
            primaryKey: id
            columns: { id: { path: _id, type: int }, name: text }
            children:
              - path: variants
                table: variants
                columns: { sku: text, price: int }
                children:
                  - { path: images, table: images, columns: { url: { path: ".", type: text } } }
              - { path: tags, table: tags, columns: { tag: { path: ".", type: text } } }
        """;

    public string Schema { get; } = $"c{Guid.NewGuid():N}";

    public CollectionMapping Mapping(ConflictAction onConflict = ConflictAction.Fail) => Mappings.Load(File, Schema) with { OnConflict = onConflict };

    /// <summary>Product i has i % 4 variants of the prices i, each with two images, and the tags a and b.</summary>
    public static BsonDocument Product(int i, string name = "p") => new()
    {
        { "_id", i },
        { "name", $"{name}{i}" },
        { "variants", new BsonArray(Enumerable.Range(0, i % 4).Select(v => new BsonDocument
            { { "sku", $"{name}{i}-{v}" }, { "price", i }, { "images", new BsonArray { $"{name}{i}-{v}-x", $"{name}{i}-{v}-y" } } })) },
        { "tags", new BsonArray { "a", "b" } },
    };

    public static IEnumerable<BsonDocument> Products(int count, int first = 0, string name = "p") =>
        Enumerable.Range(first, count).Select(i => Product(i, name));

    /// <param name="setup">SQL in which {0} stands for the schema.</param>
    public async Task<NpgsqlConnection> PrepareAsync(string setup = "")
    {
        var connection = await target.OpenAsync();
        await TargetTables.EnsureAllAsync(connection, [Mapping()], CancellationToken.None);
        if (setup.Length > 0) await connection.ExecuteAsync(setup.Replace("{0}", Schema, StringComparison.Ordinal));
        return connection;
    }

    public static async Task<WriteOutcome> CommitAsync(NpgsqlConnection connection, CollectionMapping mapping, IEnumerable<BsonDocument> documents)
    {
        using var rows = new RowBuffer();
        var mapper = new RecordMapper(mapping);
        using var children = mapper.NewChildRows()!;
        foreach (var document in documents) Assert.Null(mapper.Map(document.ToBson(), rows, children));
        await using var transaction = await connection.BeginTransactionAsync();
        var outcome = await new RecordWriter(mapping).WriteAsync(connection, transaction, rows, children, CancellationToken.None);
        await transaction.CommitAsync();
        return outcome;
    }

    /// <summary>Fails unless the tables hold just what these documents say, each whole.</summary>
    public async Task HoldsAsync(NpgsqlConnection connection, IEnumerable<BsonDocument> documents)
    {
        var held = await connection.ScalarAsync<string>(
            $"""
            SELECT coalesce(json_agg(json_build_object(
                '_id', id, 'name', name,
                'variants', (SELECT coalesce(json_agg(json_build_object(
                    'sku', sku, 'price', price,
                    'images', (SELECT coalesce(json_agg(url ORDER BY i.ordinal), '[]') FROM {Schema}.images i
                               WHERE variants_products_id = products_id AND variants_ordinal = v.ordinal)) ORDER BY v.ordinal), '[]')
                    FROM {Schema}.variants v WHERE products_id = id),
                'tags', (SELECT coalesce(json_agg(tag ORDER BY ordinal), '[]') FROM {Schema}.tags WHERE products_id = id)) ORDER BY id), '[]')::text
            FROM {Schema}.products
            """);
        var expected = documents.OrderBy(document => document["_id"].AsInt32).ToList();
        Assert.Equal(new BsonArray(expected), MongoDB.Bson.Serialization.BsonSerializer.Deserialize<BsonArray>(held));
        var rows = await connection.ScalarAsync<long>(
            $"SELECT (SELECT count(*) FROM {Schema}.variants) + (SELECT count(*) FROM {Schema}.images) + (SELECT count(*) FROM {Schema}.tags)");
        Assert.Equal(expected.Sum(document => document["tags"].AsBsonArray.Count + document["variants"].AsBsonArray.Sum(v => 1 + v["images"].AsBsonArray.Count)), rows);
    }
}
