using Migration.Contracts.Ledger;
using MongoDB.Bson;

namespace Migration.Worker.Sources;

/// <summary>
/// Queries for keys, each inside one type bracket, as plain filters: <c>min</c> and <c>max</c> are ignored in silence by
/// some servers. Keys are passed on byte for byte.
/// </summary>
internal static class KeyFilter
{
    /// <summary>All that is left of a slice.</summary>
    public static RawBsonDocument Slice(KeyRange range, RecordPosition? after, BsonDocument? filter)
    {
        if (TypeBracket.Of(Positions.Key(range.First)).IsSingle)
            return Single(range, after, filter);
        return And(filter, id => id
            .Value(after is null ? "$gte" : "$gt", Positions.Key(after ?? range.First))
            .Value("$lte", Positions.Key(range.Last)));
    }

    /// <summary>Every key of a bracket.</summary>
    public static RawBsonDocument Bracket(TypeBracket bracket, BsonDocument? filter) =>
        And(filter, id => id.Value(bracket.IsSingle ? "$eq" : "$gte", bracket.Lowest));

    /// <summary>The keys of the same bracket that come after one.</summary>
    public static RawBsonDocument After(ReadOnlyMemory<byte> key, BsonDocument? filter) =>
        And(filter, id => id.Value("$gt", new RawElement(key.Span, 3)));

    /// <summary>Keys that no other query of this class would ever find.</summary>
    public static RawBsonDocument Outside(IEnumerable<TypeBracket> brackets, BsonDocument? filter)
    {
        var none = new BsonArray(brackets.Select(bracket => Bracket(bracket, null)));
        var outside = new BsonDocument("$nor", none);
        return new RawBsonDocument((filter is null ? outside : new BsonDocument("$and", new BsonArray { filter, outside })).ToBson());
    }

    // One key in a single bracket; two where a server tells apart what MongoDB takes for equal (NaN as double and as decimal).
    private static RawBsonDocument Single(KeyRange range, RecordPosition? after, BsonDocument? filter) => And(filter, id =>
    {
        id.Array("$in").Value("0", Positions.Key(range.First)).Value("1", Positions.Key(range.Last)).End();
        if (after is { } done)
            id.Value("$ne", Positions.Key(done));
    });

    private static RawBsonDocument And(BsonDocument? filter, Action<RawBsonWriter> writeKeyQuery)
    {
        var writer = new RawBsonWriter();
        if (filter is null)
        {
            writeKeyQuery(writer.Document("_id"));
            return new RawBsonDocument(writer.ToArray());
        }

        writer.Array("$and").Value("0", BsonType.Document, filter.ToBson()).Document("1");
        writeKeyQuery(writer.Document("_id"));
        return new RawBsonDocument(writer.ToArray());
    }
}
