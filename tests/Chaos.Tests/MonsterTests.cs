using System.Buffers.Binary;
using Migration.TestServers;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Migration.Chaos.Tests;

/// <summary>Documents as large and as deep as they come, amid ordinary ones, and each ends in exactly one place.</summary>
public sealed class MonsterTests
{
    private const int Products = 300;

    /// <summary>The largest that a server takes, less the rest of the document.</summary>
    private const int Most = (16 * 1024 * 1024) - 4096;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Huge_and_deep_documents_of_a_dump_are_rows_or_in_quarantine_and_their_neighbours_are_rows()
    {
        var folder = Directory.CreateTempSubdirectory("migration-monsters-").FullName;
        var generator = new SampleShop.ShopGenerator();
        await SampleShop.ShopDump.WriteAsync(generator, new(Products, bad: 0), folder, new(), Cancellation);
        Dictionary<string, byte[]> monsters = new() { ["text"] = Text(), ["fields"] = Fields(), ["deep"] = Deep(199), ["deeper"] = Deep(200), ["abyss"] = Deep(900_000) };
        await using (var products = new FileStream(Path.Combine(folder, "shop", "products.bson"), FileMode.Append))
        {
            foreach (var monster in monsters.Values)
                await products.WriteAsync(monster, Cancellation);
        }

        await using var bed = await TestBed.CreateAsync(new ShopSource(generator, new(Products, bad: 0), folder), null, Cancellation);
        await MigrateAsync(bed);

        await CheckAsync(bed, monsters, ["text", "fields", "deep"], ["deeper", "abyss"]);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task The_largest_documents_that_a_server_takes_are_migrated()
    {
        await using var database = MongoDb.CreateDatabase();
        var generator = new SampleShop.ShopGenerator();
        await SampleShop.ShopServer.LoadAsync(generator, new(Products, bad: 0), database.Database, drop: false, Cancellation);
        Dictionary<string, byte[]> monsters = new() { ["text"] = Text(), ["fields"] = Fields() };
        foreach (var monster in monsters.Values)
            await database.Database.GetCollection<RawBsonDocument>("products").InsertOneAsync(new RawBsonDocument(monster), cancellationToken: Cancellation);

        await using var bed = await TestBed.CreateAsync(new ShopSource(generator, new(Products, bad: 0), MongoUri.Of(database)), null, Cancellation);
        await bed.SetDatabaseAsync(database.Name, Cancellation);
        await MigrateAsync(bed);

        await CheckAsync(bed, monsters, ["text", "fields"], []);
    }

    private static Task MigrateAsync(TestBed bed)
        => bed.StartRun("--local", "--workers", "2", "--log-folder", bed.Folder).EndsWithAsync(0, Cancellation, TimeSpan.FromMinutes(5));

    private static async Task CheckAsync(
        TestBed bed, Dictionary<string, byte[]> monsters, IReadOnlyList<string> written, IReadOnlyList<string> quarantined)
    {
        Assert.Equal(written.Order(), await ListAsync(bed, "SELECT sku FROM shop.products WHERE sku NOT LIKE 'SKU-%' ORDER BY sku"));
        Assert.Equal(["0"], await ListAsync(bed, "SELECT count(*)::text FROM migration.worker WHERE stopped_at IS NULL"));
        Assert.Equal([$"{Products}"], await ListAsync(bed, "SELECT count(*)::text FROM shop.products WHERE sku LIKE 'SKU-%'"));
        Assert.Equal([$"{Most}"], await ListAsync(bed, "SELECT length(description)::text FROM shop.products WHERE sku = 'text'"));
        Assert.Equal(["700000"], await ListAsync(
            bed, "SELECT count(*)::text FROM shop.products, jsonb_object_keys(extra->'a') WHERE sku = 'fields'"));
        Assert.Equal(
            quarantined.Select(name => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(monsters[name]))).Order(),
            await ListAsync(bed, "SELECT encode(sha256(document), 'hex') FROM migration.quarantine ORDER BY 1"));
        if (written.Contains("deep"))
        {
            Assert.Equal(["the bottom"], await ListAsync(
                bed, "SELECT extra #>> array_append(array_fill('a'::text, ARRAY[199]), 'b') FROM shop.products WHERE sku = 'deep'"));
        }
    }

    private static async Task<List<string>> ListAsync(TestBed bed, string sql)
    {
        await using var command = bed.Target.CreateCommand(sql);
        await using var rows = await command.ExecuteReaderAsync(Cancellation);
        var texts = new List<string>();
        while (await rows.ReadAsync(Cancellation))
            texts.Add(rows.GetString(0));
        return texts;
    }

    private static byte[] Text() => Product(1, "text", new string('x', Most)).ToBson();

    private static byte[] Fields()
    {
        var fields = new BsonDocument(Enumerable.Range(0, 700_000).Select(i => new BsonElement(FormattableString.Invariant($"f{i}"), i)));
        return Product(2, "fields", "").Add("a", fields).ToBson();
    }

    /// <param name="levels">Of documents below the product's own. No writer of BSON goes so deep, so the bytes are put together here.</param>
    private static byte[] Deep(int levels)
    {
        var inner = new BsonDocument("b", "the bottom").ToBson();
        const int shell = 4 + 1 + 2 + 1; // length, type, the name 'a', the end
        var document = new byte[inner.Length + ((levels - 1) * shell)];
        for (var level = 0; level < levels - 1; level++)
        {
            var at = level * (shell - 1);
            BinaryPrimitives.WriteInt32LittleEndian(document.AsSpan(at), inner.Length + ((levels - 1 - level) * shell));
            document[at + 4] = (byte)BsonType.Document;
            document[at + 5] = (byte)'a';
        }

        inner.CopyTo(document.AsSpan((levels - 1) * (shell - 1)));
        return Around(Product(3 + levels, "deep", ""), document);
    }

    /// <summary>The product with a last field 'a'.</summary>
    private static byte[] Around(BsonDocument product, byte[] document)
    {
        byte[] whole = [.. product.ToBson().AsSpan()[..^1], (byte)BsonType.Document, (byte)'a', 0, .. document, 0];
        BinaryPrimitives.WriteInt32LittleEndian(whole, whole.Length);
        return whole;
    }

    private static BsonDocument Product(int number, string sku, string description) => new()
    {
        { "_id", new ObjectId($"ffff{number:x20}") },
        { "sku", sku },
        { "name", "a monster" },
        { "description", description },
        { "price", new Decimal128(1) },
        { "stock", 1 },
        { "createdAt", DateTime.UnixEpoch },
    };
}
