using Migration.Contracts.Ledger;
using Migration.Worker.Sources;
using MongoDB.Bson;

namespace Migration.Worker.Tests.Sources;

/// <summary>Cuts and reads a source as a run does, and holds the result against the laws of slicing.</summary>
internal static class SliceCoverage
{
    public static async Task<List<CutSlice>> CutAsync(ICollectionSource source, int recordsPerSlice)
    {
        var slices = new List<CutSlice>();
        await foreach (var slice in source.CutAsync(recordsPerSlice, TestContext.Current.CancellationToken))
        {
            Assert.InRange(slice.Limit, 1, recordsPerSlice);
            Assert.Equal(slices.Sum(earlier => earlier.Limit), slice.Offset);
            slices.Add(slice);
        }

        return slices;
    }

    public static async Task<List<byte[]>> ReadAsync(ICollectionSource source, KeyRange range, int maxRecords, int maxBytes)
    {
        var documents = new List<byte[]>();
        RecordPosition? after = null;
        while (true)
        {
            using var page = await source.ReadPageAsync(range, after, maxRecords, maxBytes, TestContext.Current.CancellationToken);
            Assert.True(page.Records.Count <= maxRecords, "a page holds more records than asked for");
            Assert.True(page.Bytes <= maxBytes || page.Records.Count == 1, "a page holds more bytes than asked for");
            Assert.Equal(page.Bytes, page.Records.Sum(record => record.Document.Length));
            Assert.All(page.Records, record => Assert.Null(record.Error));
            documents.AddRange(page.Records.Select(record => record.Document.ToArray()));
            if (page.IsFinal || page.Records.Count == 0)
                return documents;
            after = page.Last;
        }
    }

    /// <summary>Every expected document in exactly one slice, and each slice as many records as its limit says.</summary>
    public static async Task<List<CutSlice>> CheckAsync(
        ICollectionSource source, IEnumerable<BsonDocument> expected, int recordsPerSlice, int maxRecords, int maxBytes)
    {
        var slices = await CutAsync(source, recordsPerSlice);
        var read = new List<byte[]>();
        foreach (var slice in slices)
        {
            var documents = await ReadAsync(source, slice.Range, maxRecords, maxBytes);
            Assert.Equal(slice.Limit, documents.Count);
            Assert.Equal(slice.Limit, await source.CountAsync(slice.Range, TestContext.Current.CancellationToken));
            read.AddRange(documents);
        }

        Assert.Equal(expected.Select(Hex).Order(StringComparer.Ordinal), read.Select(Convert.ToHexString).Order(StringComparer.Ordinal));
        return slices;
    }

    public static string Hex(BsonDocument document) => Convert.ToHexString(document.ToBson());
}
