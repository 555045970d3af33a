using System.Runtime.CompilerServices;
using Migration.Contracts.Ledger;
using MongoDB.Bson;
using MongoDB.Bson.IO;
using MongoDB.Driver;

namespace Migration.Worker.Sources;

/// <summary>
/// A collection on MongoDB or on a server that speaks its protocol. Keys are never compared here: the server's order is
/// the only one, whatever collation the collection has.
/// </summary>
/// <param name="filter">The user's query, or null for everything; the server's to understand.</param>
internal sealed class MongoCollectionSource(
    IMongoCollection<RawBsonDocument> collection, BsonDocument? filter, string description, TimeProvider time) : ICollectionSource
{
    private static readonly BsonDocument s_byKey = new("_id", 1);
    private static readonly BsonDocument s_byKeyDescending = new("_id", -1);

    // Of the last page; a guess until then. Sizes the next request, so that little is fetched only to be dropped.
    private int _averageBytes = 1024;

    public string Description => description;

    /// <summary>Keys that the server sends at a time while it is walked.</summary>
    internal int KeysPerBatch { get; init; } = 20_000;

    public Task<long> EstimateCountAsync(CancellationToken cancellationToken) =>
        RunAsync("counting", () => collection.EstimatedDocumentCountAsync(cancellationToken: cancellationToken));

    public Task<long> CountAsync(CancellationToken cancellationToken) => RunAsync("counting", () =>
        collection.CountDocumentsAsync(
            new BsonDocumentFilterDefinition<RawBsonDocument>(filter ?? []), new CountOptions { Hint = s_byKey }, cancellationToken));

    /// <summary>Half of the oldest keys, half of the newest: the shape of documents changes over the years.</summary>
    public Task<IReadOnlyList<ReadOnlyMemory<byte>>> SampleAsync(int count, CancellationToken cancellationToken) => RunAsync("reading a sample", async () =>
    {
        var sample = await FindSampleAsync(s_byKey, (count + 1) / 2, cancellationToken);
        if (count > 1)
            sample.AddRange(await FindSampleAsync(s_byKeyDescending, count / 2, cancellationToken));
        return (IReadOnlyList<ReadOnlyMemory<byte>>)
            [.. sample.DistinctBy(document => Convert.ToHexString(RawBson.Find(document, "_id"u8).Bytes)).Select(document => new ReadOnlyMemory<byte>(document))];
    });

    public async IAsyncEnumerable<CutSlice> CutAsync(
        int recordsPerSlice, long? alignedAt, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(recordsPerSlice, 1);
        var cutter = new SliceCutter(recordsPerSlice, isServer: true, alignedAt: alignedAt);
        var walk = new KeyWalk(collection, filter, description, KeysPerBatch, time);
        await foreach (var batch in walk.BatchesAsync(cancellationToken))
        {
            foreach (var key in batch)
            {
                if (Add(cutter, key) is { } slice)
                    yield return slice;
            }
        }

        if (cutter.Finish() is { } last)
            yield return last;
    }

    public Task<SourcePage> ReadPageAsync(
        KeyRange range, RecordPosition? after, int maxRecords, int maxBytes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRecords, 1);
        var limit = (int)Math.Clamp((long)maxBytes / Math.Max(1, _averageBytes) + 1, 1, maxRecords);
        return RunAsync("reading a page after " + Positions.Text(after ?? range.First), async () =>
        {
            // One batch: the server keeps no cursor. It ends a reply at 16 MB, so fewer records than asked for is not the end.
            using var cursor = await collection.FindAsync(
                new BsonDocumentFilterDefinition<RawBsonDocument>(KeyFilter.Slice(range, after, filter)),
                Options(s_byKey, limit), cancellationToken);
            var isThere = await cursor.MoveNextAsync(cancellationToken);
            return (SourcePage)Page(isThere ? cursor.Current : [], range, limit, maxBytes);
        });
    }

    public Task<long> CountAsync(KeyRange range, CancellationToken cancellationToken) => RunAsync("counting a slice", () =>
        collection.CountDocumentsAsync(
            new BsonDocumentFilterDefinition<RawBsonDocument>(KeyFilter.Slice(range, null, filter)), new CountOptions { Hint = s_byKey }, cancellationToken));

    /// <summary>Nothing to let go of: the driver keeps connections for all sources of the same server.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static CutSlice? Add(SliceCutter cutter, byte[] key)
    {
        var element = key.AsSpan(4, key.Length - 5);
        return cutter.Add(TypeBracket.Of(new RawElement(element, 3)), element);
    }

    private static FindOptions<RawBsonDocument> Options(BsonDocument sort, int limit) => new()
    {
        Sort = new BsonDocumentSortDefinition<RawBsonDocument>(sort),
        Hint = s_byKey,
        Limit = -limit, // negative: a single batch
        BatchSize = limit, // else the batch is of 101 records
    };

    private RecordPage Page(IEnumerable<RawBsonDocument> documents, KeyRange range, int maxRecords, int maxBytes)
    {
        var page = RecordPage.Of(_averageBytes, maxRecords, maxBytes);
        var isFull = false;
        foreach (var document in documents)
        {
            using (document)
            {
                isFull = isFull || !page.Fits(document.Slice.Length, maxBytes);
                if (!isFull)
                    Copy(document.Slice, page.Add(document.Slice.Length));
            }
        }

        page.Seal(
            page.Count == 0 ? range.Last : null, last => last == range.Last,
            (read, record) => Positions.Of(RawBson.Find(read[record].Document.Span, "_id"u8).Bytes, null));
        if (page.Count > 0)
            _averageBytes = (int)(page.Bytes / page.Count);
        return page;
    }

    private static void Copy(IByteBuffer from, Span<byte> to)
    {
        for (var copied = 0; copied < to.Length;)
        {
            var chunk = from.AccessBackingBytes(copied);
            var count = Math.Min(chunk.Count, to.Length - copied);
            chunk.AsSpan(0, count).CopyTo(to[copied..]);
            copied += count;
        }
    }

    private async Task<List<byte[]>> FindSampleAsync(BsonDocument sort, int count, CancellationToken cancellationToken)
    {
        var query = new BsonDocumentFilterDefinition<RawBsonDocument>(filter ?? []);
        using var cursor = await collection.FindAsync(query, Options(sort, count), cancellationToken);
        var documents = await cursor.ToListAsync(cancellationToken);
        return [.. documents.Select(document =>
        {
            using (document)
                return document.ToBson();
        })];
    }

    private async Task<T> RunAsync<T>(string what, Func<Task<T>> action)
    {
        try
        {
            return await action();
        }
        catch (Exception e) when (MongoErrors.IsExpected(e))
        {
            throw MongoErrors.Translate(e, description, what, collection.Database.Client);
        }
    }
}
