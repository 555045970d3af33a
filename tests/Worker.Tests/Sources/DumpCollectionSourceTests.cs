using CsCheck;
using Migration.Worker.Sources;
using MongoDB.Bson;

namespace Migration.Worker.Tests.Sources;

public sealed class DumpCollectionSourceTests : IDisposable
{
    private readonly DumpFolder _dumps = new();

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

    private static async Task AssertNoSliceCrossesABracketAsync(ICollectionSource source, List<CutSlice> slices)
    {
        foreach (var slice in slices)
        {
            var documents = await SliceCoverage.ReadAsync(source, slice.Range, 1000, 1 << 20);
            Assert.All(documents, document => Assert.Equal(slice.Range.Bracket, TypeBracket.Of(RawBson.Find(document, "_id"u8)).Name));
        }
    }
}
