using System.Text;
using CsCheck;
using Migration.Worker.Sources;
using MongoDB.Bson;

namespace Migration.Worker.Tests.Sources;

public sealed class DumpCollectionSourceTests : IDisposable
{
    private readonly DumpFolder _dumps = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _dumps.Dispose();

    [Fact]
    public async Task Every_record_of_a_dump_is_in_exactly_one_slice()
    {
        var sizes = Gen.Select(Gen.Int[1, 20], Gen.Int[1, 9], Gen.Int[1, 400]);
        await Gen.Select(RandomKeys.Distinct(0, 60), sizes, Gen.Bool).SampleAsync(async (keys, size, sorted) =>
        {
            var documents = keys.Select((key, i) => new BsonDocument { { "_id", key }, { "n", i }, { "odd", i % 2 == 1 } }).ToList();
            if (sorted)
                documents.Sort((left, right) => BsonKeyOrder.Compare(left["_id"], right["_id"]));
            _dumps.Write("things.bson", documents);
            await using var all = await _dumps.OpenAsync("things");
            var slices = await SliceCoverage.CheckAsync(all, documents, size.Item1, size.Item2, size.Item3);
            if (sorted)
                await AssertNoSliceCrossesABracketAsync(all, slices);
            await using var odd = await _dumps.OpenAsync("things", "{odd: true}");
            await SliceCoverage.CheckAsync(odd, documents.Where(document => document["odd"].AsBoolean), size.Item1, size.Item2, size.Item3);
        }, iter: 250, threads: 1);
    }

    [Theory]
    [InlineData("things.json")]
    [InlineData("things.ndjson.gz")]
    public async Task Lines_of_extended_JSON_are_cut_and_read_like_a_dump(string name)
    {
        Environment.SetEnvironmentVariable(UnpackedDumps.FolderVariable, _dumps["cache"]);
        List<BsonDocument> documents = [];
        RandomKeys.Distinct(200, 200).Sample(keys => documents = [.. keys.Select((key, i) => new BsonDocument { { "_id", key }, { "n", i } })], iter: 1);
        var json = new MongoDB.Bson.IO.JsonWriterSettings { OutputMode = MongoDB.Bson.IO.JsonOutputMode.CanonicalExtendedJson };
        _dumps.Write(name, Encoding.UTF8.GetBytes("\uFEFF" + string.Join("\r\n\n", documents.Select(document => document.ToJson(json)))));
        await using var source = await _dumps.OpenAsync("things");
        await SliceCoverage.CheckAsync(source, documents, 17, 5, 300);
        await using var some = await _dumps.OpenAsync("things", "{n: {$lt: 50}}");
        await SliceCoverage.CheckAsync(some, documents.Where(document => document["n"] < 50), 17, 5, 300);
    }

    [Fact]
    public async Task A_line_that_is_no_document_is_a_record_with_an_error()
    {
        _dumps.Write("lines.json", "{\"_id\":1}\n{\"_id\":2,\n[3]\n{\"_id\":4} x\n{\"_id\":5}"u8.ToArray());
        await using var source = await _dumps.OpenAsync("lines");
        var slice = Assert.Single(await SliceCoverage.CutAsync(source, 10));
        Assert.Equal(5, slice.Limit);
        using var page = await source.ReadPageAsync(slice.Range, null, 10, 1000, Cancellation);
        Assert.Equal([false, true, true, true, false], page.Records.Select(record => record.Error is not null));
        Assert.Equal("{\"_id\":2,", Encoding.UTF8.GetString(page.Records[1].Document.Span));
        using var rest = await source.ReadPageAsync(slice.Range, page.Last, 10, 1000, Cancellation);
        Assert.Empty(rest.Records);
    }

    [Fact]
    public async Task A_record_whose_id_is_not_first_or_missing_is_cut_and_read_too()
    {
        List<BsonDocument> documents = [new() { { "a", 1 }, { "_id", 7 } }, new("b", 2), [], new("_id", "x")];
        _dumps.Write("odd.bson", documents);
        await using var source = await _dumps.OpenAsync("odd");
        await SliceCoverage.CheckAsync(source, documents, 1, 1, 1);
        await SliceCoverage.CheckAsync(source, documents, 9, 9, 999);
    }

    [Theory]
    [InlineData(new byte[] { 4, 0, 0, 0, 0 }, "a document cannot be 4 bytes long")]
    [InlineData(new byte[] { 255, 255, 255, 127, 0 }, "a document cannot be 2147483647 bytes long")]
    [InlineData(new byte[] { 60, 0, 0, 0, 0, 0 }, "a document of 60 bytes starts here, but the file ends after 6")]
    [InlineData(new byte[] { 5, 0, 0 }, "the file ends 3 bytes into a document")]
    [InlineData(new byte[] { 5, 0, 0, 0, 1 }, "does not end with a zero byte")]
    public async Task A_corrupt_frame_stops_the_plan_and_names_its_byte(byte[] tail, string expected)
    {
        var good = new BsonDocument("_id", 1).ToBson();
        var path = _dumps.Write("bad.bson", [.. good, .. tail]);
        await using var source = await _dumps.OpenAsync("bad");
        var refusal = await Assert.ThrowsAsync<SourceException>(() => SliceCoverage.CutAsync(source, 10));
        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
        Assert.Contains($"{path} is corrupt at byte {good.Length}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dump_that_changed_since_the_plan_is_refused()
    {
        _dumps.Write("changing.bson", Documents(1, 2, 3, 4));
        CutSlice slice;
        await using (var planned = await _dumps.OpenAsync("changing"))
            slice = (await SliceCoverage.CutAsync(planned, 10)).Single();
        BsonDocument[][] changes = [Documents(9, 2, 3, 4), Documents(1, 2, 3, 9), Documents(1, 2, 3), [new("_id", 1), new("_id", "text"), new("_id", 4)], []];
        foreach (var changed in changes)
        {
            _dumps.Write("changing.bson", changed);
            await using var source = await _dumps.OpenAsync("changing");
            var refusal = await Assert.ThrowsAsync<SourceException>(() => SliceCoverage.ReadAsync(source, slice.Range, 2, 1000));
            Assert.Contains("changed since it was planned", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_compressed_dump_is_unpacked_once_by_whoever_comes_first()
    {
        var documents = Documents([.. Enumerable.Range(0, 5000)]);
        var packed = _dumps.Write("shop/things.bson.gz", documents);
        var unpacked = new UnpackedDumps(_dumps["cache"]);
        var paths = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => unpacked.UnpackAsync(packed, Cancellation))));
        Assert.Single(paths.Distinct());
        Assert.Equal(documents.SelectMany(document => document.ToBson()), await File.ReadAllBytesAsync(paths[0], Cancellation));

        _dumps.Write("shop/things.bson.gz", documents.Take(10));
        var again = await unpacked.UnpackAsync(packed, Cancellation);
        Assert.NotEqual(paths[0], again);
        Assert.False(File.Exists(paths[0]), "what the path held before is left in the cache");
    }

    [Fact]
    public async Task A_broken_gzip_is_refused_and_leaves_nothing_behind()
    {
        var packed = _dumps.Write("broken.bson.gz", Documents([.. Enumerable.Range(0, 5000)]));
        await File.WriteAllBytesAsync(packed, (await File.ReadAllBytesAsync(packed, Cancellation))[..^200], Cancellation);
        var refusal = await Assert.ThrowsAsync<SourceException>(() => new UnpackedDumps(_dumps["cache"]).UnpackAsync(packed, Cancellation));
        Assert.Contains("broken.bson.gz", refusal.Message, StringComparison.Ordinal);
        Assert.All(Directory.EnumerateFiles(_dumps["cache"]), file => Assert.EndsWith(".lock", file, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("array.json", "[{}]", "without --jsonArray")]
    [InlineData("archive.bson", "\u006d\u00e2\u0099\u0081", "archive of mongodump")]
    [InlineData("packed.bson", "\u001f\u008b\u0008\u0000", "give it the ending .gz")]
    public async Task What_only_looks_like_a_dump_is_refused(string name, string content, string expected)
    {
        _dumps.Write(name, Encoding.Latin1.GetBytes(content));
        var refusal = await Assert.ThrowsAsync<SourceException>(() => _dumps.OpenAsync(name.Split('.')[0]));
        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_estimate_and_the_sample_of_a_dump_come_from_its_head()
    {
        var documents = Documents([.. Enumerable.Range(0, 100_000)]);
        _dumps.Write("many.bson", documents);
        await using var source = await _dumps.OpenAsync("many", "{_id: {$gte: 10}}");
        Assert.InRange(await source.EstimateCountAsync(Cancellation), 99_000, 101_000);
        var sample = await source.SampleAsync(5, Cancellation);
        Assert.Equal([10, 11, 12, 13, 14], sample.Select(document => new RawBsonDocument(document.ToArray())["_id"].AsInt32));
    }

    private static BsonDocument[] Documents(params int[] ids) => [.. ids.Select(id => new BsonDocument("_id", id))];

    private static async Task AssertNoSliceCrossesABracketAsync(ICollectionSource source, List<CutSlice> slices)
    {
        foreach (var slice in slices)
        {
            var documents = await SliceCoverage.ReadAsync(source, slice.Range, 1000, 1 << 20);
            Assert.All(documents, document => Assert.Equal(slice.Range.Bracket, TypeBracket.Of(RawBson.Find(document, "_id"u8)).Name));
        }
    }
}
