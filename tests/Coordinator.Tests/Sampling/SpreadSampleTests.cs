using Migration.Coordinator.Inference;
using Migration.Coordinator.Sampling;
using Migration.TestServers;
using Migration.Worker;
using Migration.Worker.Sources;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Migration.Coordinator.Tests.Sampling;

public sealed class SpreadSampleTests
{
    private const int Records = 5_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>In MongoDB's order of types: numbers, two texts, one ObjectId, one date.</summary>
    private static IEnumerable<BsonDocument> Mixed =>
    [
        .. Enumerable.Range(0, Records).Select(i => new BsonDocument("_id", i)),
        new("_id", "a"), new("_id", "b"), new("_id", new ObjectId("507f1f77bcf86cd799439011")), new("_id", new BsonDateTime(0)),
    ];

    [Fact]
    public async Task Every_type_of_key_and_the_newest_record_are_seen_on_a_server()
    {
        await using var mongo = MongoDb.CreateDatabase();
        await mongo.Database.GetCollection<BsonDocument>("things").InsertManyAsync(Mixed, cancellationToken: Cancellation);
        await using var source = await InferenceSource.OpenAsync(
            InferenceSource.Read(MongoDb.ConnectionString, mongo.Name), "things", Cancellation);

        await AssertSpreadAsync(source, 60);
    }

    [Fact]
    public async Task Every_type_of_key_and_the_newest_record_are_seen_in_a_dump()
    {
        var folder = Directory.CreateTempSubdirectory("migration-sample-");
        try
        {
            await using var source = await OpenDumpAsync(folder.FullName, Mixed);
            await AssertSpreadAsync(source, 60);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(999)]
    public async Task A_sample_as_large_as_the_collection_is_the_collection(int records)
    {
        var folder = Directory.CreateTempSubdirectory("migration-sample-");
        try
        {
            await using var source = await OpenDumpAsync(folder.FullName, Enumerable.Range(0, records).Select(i => new BsonDocument("_id", i)));
            var (keys, total) = await ReadAsync(source, 1_000);
            Assert.Equal(records, total);
            Assert.Equal(Enumerable.Range(0, records).Select(i => (BsonValue)i), keys);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_collection_that_is_much_larger_than_it_looked_is_sampled_all_over()
    {
        var folder = Directory.CreateTempSubdirectory("migration-sample-");
        try
        {
            // By its beginning the dump is a few hundred documents long.
            var large = new BsonDocument { { "_id", -1 }, { "text", new string('x', 520_000) } };
            await using var source = await OpenDumpAsync(folder.FullName, Enumerable.Range(0, 20_000).Select(i => new BsonDocument("_id", i)).Prepend(large));
            Assert.InRange(await source.EstimateCountAsync(Cancellation), 1, 1_000);

            var (keys, total) = await ReadAsync(source, 60);

            Assert.Equal(20_001, total);
            Assert.InRange(keys.Count, 60, 70);
            for (var fifth = 0; fifth < 5; fifth++)
                Assert.True(keys.Count(key => key.AsInt32 / 4_000 == fifth) >= 6, $"few of part {fifth}: {string.Join(", ", keys)}");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_cap_on_the_source_holds_for_keys_and_for_records()
    {
        var folder = Directory.CreateTempSubdirectory("migration-sample-");
        try
        {
            await using var source = await OpenDumpAsync(folder.FullName, Enumerable.Range(0, 600).Select(i => new BsonDocument("_id", i)));
            var started = TimeProvider.System.GetTimestamp();

            var (keys, total) = await ReadAsync(source, 600, new SourceThrottle(2_000, TimeProvider.System));

            Assert.Equal((600, 600L), (keys.Count, total));
            Assert.True(TimeProvider.System.GetElapsedTime(started) > TimeSpan.FromSeconds(0.59), "1,200 keys and records at 2,000 a second");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task AssertSpreadAsync(ICollectionSource source, int wanted)
    {
        var (keys, total) = await ReadAsync(source, wanted);

        Assert.Equal(Records + 4, total);
        Assert.InRange(keys.Count, wanted, wanted + 10);
        Assert.Equal(keys.Count, keys.Distinct().Count());
        Assert.Equal([BsonType.Int32, BsonType.String, BsonType.ObjectId, BsonType.DateTime], keys.Select(key => key.BsonType).Distinct());
        var numbers = keys.Where(key => key.IsInt32).Select(key => key.AsInt32).ToList();
        for (var fifth = 0; fifth < 5; fifth++)
            Assert.True(numbers.Count(number => number / (Records / 5) == fifth) >= wanted / 10, $"few of part {fifth}: {string.Join(", ", numbers)}");
    }

    private static async Task<(List<BsonValue> Keys, long Total)> ReadAsync(ICollectionSource source, int wanted, SourceThrottle? throttle = null)
    {
        var (keys, sample) = (new List<BsonValue>(), new SpreadSample(source, wanted, throttle));
        await foreach (var page in sample.PagesAsync(Cancellation))
        {
            using (page)
                keys.AddRange(page.Records.Select(record => new RawBsonDocument(record.Document.ToArray())["_id"]));
        }

        return (keys, sample.Total);
    }

    private static async Task<ICollectionSource> OpenDumpAsync(string folder, IEnumerable<BsonDocument> documents)
    {
        await File.WriteAllBytesAsync(Path.Combine(folder, "things.bson"), [.. documents.SelectMany(document => document.ToBson())], Cancellation);
        return await InferenceSource.OpenAsync(InferenceSource.Read(folder, null), "things", Cancellation);
    }
}
