using CsCheck;
using Migration.TestServers;
using Migration.Worker.Sources;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Migration.Worker.Tests.Sources;

public sealed class MongoCollectionSourceTests : IClassFixture<TestMongo>
{
    private readonly TestMongo _mongo;

    public MongoCollectionSourceTests(TestMongo mongo)
    {
        _mongo = mongo;
        _ = mongo.Uri; // skips here: a skip inside a property would be a failure
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_key_of_a_collection_is_in_exactly_one_slice()
    {
        var sizes = Gen.Select(Gen.Int[1, 20], Gen.Int[1, 9], Gen.Int[1, 400]);
        var collection = await _mongo.FillAsync("mixed", []);
        await Gen.Select(RandomKeys.Distinct(0, 40), sizes).SampleAsync(async (keys, size) =>
        {
            var documents = keys.Select((key, i) => new BsonDocument { { "_id", key }, { "n", i }, { "odd", i % 2 == 1 } }).ToList();
            await collection.DeleteManyAsync(new BsonDocument(), Cancellation);
            await InsertAsync(collection, documents);
            await using var all = await _mongo.OpenAsync("mixed");
            await SliceCoverage.CheckAsync(all, documents, size.Item1, size.Item2, size.Item3);
            await using var odd = await _mongo.OpenAsync("mixed", "{odd: true}");
            await SliceCoverage.CheckAsync(odd, documents.Where(document => document["odd"].AsBoolean), size.Item1, size.Item2, size.Item3);
        }, iter: 200, threads: 1);
    }

    [Fact]
    public Task A_walk_that_loses_its_cursor_goes_on_and_sees_every_key_once() => RandomKeys.Distinct(150, 150).SampleAsync(async keys =>
    {
        var documents = keys.Select(key => new BsonDocument("_id", key)).ToList();
        await InsertAsync(await _mongo.FillAsync("walked", []), documents);
        var server = MongoUrl.Create(_mongo.Uri).Server;
        await using var proxy = new TcpProxy(server.Host, server.Port);
        var collection = new MongoClient($"mongodb://127.0.0.1:{proxy.Port}/?directConnection=true&heartbeatFrequencyMS=500")
            .GetDatabase(_mongo.Name).GetCollection<RawBsonDocument>("walked");
        var walk = new KeyWalk(collection, null, "walked", batchKeys: 10, TimeProvider.System);

        var walked = new List<byte[]>();
        var batches = 0;
        await foreach (var batch in walk.BatchesAsync(Cancellation))
        {
            walked.AddRange(batch);
            if (++batches is 2 or 4 or 9)
                proxy.Cut();
        }

        Assert.InRange(walk.Resumptions, 1, 6);
        var (expected, actual) = (documents.Select(SliceCoverage.Hex).ToList(), walked.Select(Convert.ToHexString).ToList());
        Assert.Empty(expected.Except(actual).Select(key => "missed " + key));
        Assert.Empty(actual.CountBy(key => key).Where(key => key.Value > 1).Select(key => "repeated " + key));
        Assert.Equal(expected.Count, actual.Count);
    }, iter: 3, threads: 1);

    [Fact]
    public Task What_is_written_elsewhere_makes_no_slice_miss_or_repeat_a_record() => RandomKeys.Distinct(300, 300).SampleAsync(async keys =>
    {
        var documents = keys.Select((key, i) => new BsonDocument { { "_id", key }, { "stable", i % 2 == 0 } }).ToList();
        var collection = await _mongo.FillAsync("live", []);
        await InsertAsync(collection, documents);
        var stable = documents.Where(document => document["stable"].AsBoolean).Select(SliceCoverage.Hex).Order(StringComparer.Ordinal).ToList();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var writing = WriteUntilAsync(collection, [.. documents.Where(document => !document["stable"].AsBoolean)], end.Token);

        await using var source = await _mongo.OpenAsync("live");
        for (var round = 0; round < 3; round++)
        {
            var read = new List<byte[]>();
            foreach (var slice in await SliceCoverage.CutAsync(source, 12))
                read.AddRange(await SliceCoverage.ReadAsync(source, slice.Range, 5, 1 << 20));
            var kept = read.Select(document => new RawBsonDocument(document)).Where(document => document["stable"].AsBoolean);
            Assert.Equal(stable, kept.Select(SliceCoverage.Hex).Order(StringComparer.Ordinal));
        }

        await end.CancelAsync();
        Assert.True(await writing > 20, "too little was written for this to show anything");
    }, iter: 1, threads: 1);

    [Fact]
    public async Task A_page_is_bounded_in_bytes_and_resumes_where_it_ended()
    {
        var documents = Enumerable.Range(0, 300).Select(i => new BsonDocument { { "_id", i }, { "text", new string('x', i * 40) } }).ToList();
        await _mongo.FillAsync("pages", documents);
        await using var source = await _mongo.OpenAsync("pages");
        var slices = await SliceCoverage.CheckAsync(source, documents, 250, 1000, 50_000);
        Assert.Equal([250, 50], slices.Select(slice => slice.Limit));
        using var page = await source.ReadPageAsync(slices[0].Range, null, 250, 16 << 20, Cancellation);
        Assert.Equal(250, page.Records.Count);
        Assert.True(page.IsFinal);
    }

    [Fact]
    public Task The_server_and_the_key_order_sort_alike() => RandomKeys.Distinct(300, 300).SampleAsync(async keys =>
    {
        var collection = await _mongo.FillAsync("order", []);
        await InsertAsync(collection, [.. keys.Select(key => new BsonDocument("_id", key))]);
        var sorted = await collection.Find(new BsonDocument()).Sort(new BsonDocument("_id", 1)).ToListAsync(Cancellation);
        foreach (var (left, right) in sorted.Zip(sorted.Skip(1)))
            Assert.True(BsonKeyOrder.Compare(left["_id"], right["_id"]) < 0, $"{left.ToJson()} ({left["_id"].BsonType}) before {right.ToJson()} ({right["_id"].BsonType})");
    }, iter: 2, threads: 1);

    [Fact]
    public async Task A_missing_collection_is_refused_with_the_nearest_name()
    {
        await _mongo.FillAsync("products", [new BsonDocument("_id", 1)]);
        var refusal = await Assert.ThrowsAsync<SourceException>(() => _mongo.OpenAsync("product"));
        Assert.Contains("no collection 'product', the nearest is 'products'", refusal.Message, StringComparison.Ordinal);
        Assert.False(refusal.IsTransient);
    }

    [Fact]
    public async Task A_filter_that_the_server_refuses_is_a_permanent_error()
    {
        await _mongo.FillAsync("refused", [new BsonDocument("_id", 1)]);
        await using var source = await _mongo.OpenAsync("refused", "{a: {$nonsense: 1}}");
        var refusal = await Assert.ThrowsAsync<SourceException>(() => SliceCoverage.CutAsync(source, 10));
        Assert.False(refusal.IsTransient);
        Assert.Contains("$nonsense", refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>
    /// Inserts what the server takes: keys that it holds for equal to one that it has are taken out of the list. (The
    /// DocumentDB engine compares a Decimal128 with a double in 34 digits.)
    /// </summary>
    private static async Task InsertAsync(IMongoCollection<BsonDocument> collection, List<BsonDocument> documents)
    {
        try
        {
            if (documents.Count > 0)
                await collection.InsertManyAsync(documents, new InsertManyOptions { IsOrdered = false }, Cancellation);
        }
        catch (MongoBulkWriteException<BsonDocument> e) when (e.WriteErrors.All(error => error.Category == ServerErrorCategory.DuplicateKey))
        {
            foreach (var index in e.WriteErrors.Select(error => error.Index).OrderDescending())
                documents.RemoveAt(index);
        }
    }

    private static async Task<int> WriteUntilAsync(IMongoCollection<BsonDocument> collection, List<BsonDocument> documents, CancellationToken end)
    {
        var written = 0;
        while (!end.IsCancellationRequested)
        {
            var document = documents[Random.Shared.Next(documents.Count)];
            var deleted = await collection.DeleteOneAsync(new BsonDocument("_id", document["_id"]), CancellationToken.None);
            if (deleted.DeletedCount == 0)
                await collection.InsertOneAsync(document, cancellationToken: CancellationToken.None);
            written++;
        }

        return written;
    }
}
