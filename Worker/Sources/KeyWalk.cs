using System.Runtime.CompilerServices;
using MongoDB.Bson;
using MongoDB.Bson.Serialization;
using MongoDB.Bson.Serialization.Serializers;
using MongoDB.Driver;

namespace Migration.Worker.Sources;

/// <summary>
/// Walks every key of a collection once, in the server's order, reading nothing but the index on <c>_id</c>.
/// </summary>
/// <remarks>
/// The walk of a billion keys outlives cursors: servers kill idle ones, and a failover ends them all. There is no way back
/// into the order at an arbitrary key of a mixed collection, because "greater than" sees only the key's own type bracket.
/// So a walk that lost its cursor goes on bracket by bracket: first the rest of the bracket that it was in, then each
/// bracket that it has not seen yet. As it then saw only brackets that it knows of, it ends by asking for a record outside
/// all of them, and refuses the collection when there is one.
/// </remarks>
/// <param name="batchKeys">Keys that the server sends at a time.</param>
internal sealed class KeyWalk(
    IMongoCollection<RawBsonDocument> collection, BsonDocument? filter, string description, int batchKeys, TimeProvider time)
{
    /// <summary>Cursors that may be lost one after the other without a single key in between.</summary>
    private const int MaxLossesInARow = 5;

    private static readonly BsonDocument s_byKey = new("_id", 1);

    private readonly HashSet<TypeBracket> _seen = [];
    private readonly Queue<RawBsonDocument> _legs = new();
    private ReadOnlyMemory<byte> _last;
    private bool _wasResumed;
    private int _losses;

    /// <summary>How often the walk went on after a lost cursor.</summary>
    public int Resumptions { get; private set; }

    /// <summary>The keys as documents <c>{_id: key}</c>, in batches.</summary>
    public async IAsyncEnumerable<IReadOnlyList<byte[]>> BatchesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _legs.Enqueue(new RawBsonDocument((filter ?? []).ToBson()));
        while (_legs.TryDequeue(out var leg))
        {
            IAsyncCursor<byte[]>? cursor = null;
            try
            {
                while (true)
                {
                    (cursor, var batch, var isLost) = await NextAsync(leg, cursor, cancellationToken);
                    if (isLost)
                        await ResumeAsync(leg, cancellationToken);
                    if (batch is null)
                        break;
                    Note(batch);
                    yield return batch;
                }
            }
            finally
            {
                cursor?.Dispose();
            }
        }

        if (_wasResumed)
            await ProveNothingIsOutsideAsync(cancellationToken);
    }

    private async Task<(IAsyncCursor<byte[]>? Cursor, IReadOnlyList<byte[]>? Batch, bool IsLost)> NextAsync(
        RawBsonDocument leg, IAsyncCursor<byte[]>? cursor, CancellationToken cancellationToken)
    {
        try
        {
            cursor ??= await OpenAsync(leg, null, cancellationToken);
            var batch = await cursor.MoveNextAsync(cancellationToken) ? cursor.Current : null;
            return (cursor, batch as IReadOnlyList<byte[]> ?? batch?.ToList(), false);
        }
        catch (Exception e) when (MongoErrors.IsTransient(e) && ++_losses <= MaxLossesInARow)
        {
            return (cursor, null, true);
        }
        catch (Exception e) when (MongoErrors.IsExpected(e))
        {
            throw MongoErrors.Translate(e, description, "walking the keys", collection.Database.Client);
        }
    }

    private void Note(IReadOnlyList<byte[]> batch)
    {
        foreach (var key in batch)
        {
            if (key.Length < 10)
                throw new SourceException($"{description} has records without _id (is it a view?), which cannot be cut into slices");
            _seen.Add(TypeBracket.Of(new RawElement(key.AsSpan(4, key.Length - 5), 3)));
        }

        if (batch.Count > 0)
            (_last, _losses) = (batch[^1].AsMemory(4, batch[^1].Length - 5), 0);
    }

    private async Task ResumeAsync(RawBsonDocument leg, CancellationToken cancellationToken)
    {
        Resumptions++;
        await Task.Delay(TimeSpan.FromSeconds(_losses - 1), time, cancellationToken);
        if (_last.IsEmpty)
        {
            _legs.Enqueue(leg);
            return;
        }

        _wasResumed = true;
        _legs.Clear();
        var current = TypeBracket.Of(new RawElement(_last.Span, 3));
        if (!current.IsSingle)
            _legs.Enqueue(KeyFilter.After(_last, filter));
        foreach (var bracket in TypeBracket.OfServerKeys.Where(bracket => !_seen.Contains(bracket)))
            _legs.Enqueue(KeyFilter.Bracket(bracket, filter));
    }

    private async Task ProveNothingIsOutsideAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var cursor = await OpenAsync(KeyFilter.Outside(TypeBracket.OfServerKeys, filter), 1, cancellationToken);
            if (await cursor.FirstOrDefaultAsync(cancellationToken) is { } key)
                throw new SourceException($"{description} has a key of a type that is not known ({Positions.Text(RawBson.Find(key, "_id"u8))}): it cannot be cut into slices");
        }
        catch (Exception e) when (MongoErrors.IsExpected(e))
        {
            throw MongoErrors.Translate(e, description, "checking that no key was missed", collection.Database.Client);
        }
    }

    // The hint keeps the server on the index: a filter must not tempt it to another one and into a sort of everything.
    private Task<IAsyncCursor<byte[]>> OpenAsync(RawBsonDocument query, int? limit, CancellationToken cancellationToken) =>
        collection.FindAsync(
            new BsonDocumentFilterDefinition<RawBsonDocument>(query),
            new FindOptions<RawBsonDocument, byte[]>
            {
                Projection = new BsonDocumentProjectionDefinition<RawBsonDocument, byte[]>(s_byKey, new BytesSerializer()),
                Sort = new BsonDocumentSortDefinition<RawBsonDocument>(s_byKey),
                Hint = s_byKey,
                BatchSize = batchKeys,
                Limit = limit,
            },
            cancellationToken);

    /// <summary>Takes a document off the wire as it is.</summary>
    private sealed class BytesSerializer : SerializerBase<byte[]>
    {
        public override byte[] Deserialize(BsonDeserializationContext context, BsonDeserializationArgs args)
        {
            using var slice = context.Reader.ReadRawBsonDocument();
            var bytes = new byte[slice.Length];
            slice.GetBytes(0, bytes, 0, bytes.Length);
            return bytes;
        }
    }
}
