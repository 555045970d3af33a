using Migration.Worker.Sources;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Migration.Worker.Tests.Sources;

public sealed class DocumentFilterTests(TestMongo mongo) : IClassFixture<TestMongo>
{
    private static readonly BsonDocument[] s_documents =
    [
        .. new[]
        {
            "{}", "{a: null}", "{a: 1}", "{a: 2.5}", "{a: NumberDecimal('2.5')}", "{a: NumberLong(7)}", "{a: NaN}", "{a: 'x'}", "{a: 'Xyz'}",
            "{a: ''}", "{a: true}", "{a: []}", "{a: [1, 2, 3]}", "{a: ['x', 5]}", "{a: [[1, 2], [3]]}", "{a: [null]}", "{a: {}}", "{a: {b: 1}}",
            "{a: {b: null}}", "{a: {b: [1, 2]}}", "{a: [{b: 1}, {b: 5}]}", "{a: [{b: 1, c: 9}, {b: 9, c: 1}]}", "{a: [{c: 1}]}",
            "{a: [{b: [1, 9]}, 4]}", "{a: {'0': 1}}", "{a: [{'0': 7}, 1]}", "{a: ISODate('2024-01-01T00:00:00Z')}", "{a: ISODate('2020-01-01T00:00:00Z')}",
            "{a: /x/}", "{a: ObjectId('64f000000000000000000001')}", "{a: {$minKey: 1}}", "{a: {$maxKey: 1}}", "{a: {b: {c: 3}}}",
            "{a: [{b: {c: 3}}, {b: [{c: 4}]}]}", "{a: -Infinity}", "{a: Infinity}", "{a: -5, b: 2}", "{a: 5, b: 'y'}", "{b: 2}", "{a: [[{b: 1}]]}",
        }.Select((json, i) => BsonDocument.Parse(json).Add("_id", i)),
    ];

    public static TheoryData<string> Queries { get; } =
    [
        "{}", "{a: 1}", "{a: 2.5}", "{a: null}", "{a: {$ne: null}}", "{a: {$eq: [1, 2, 3]}}", "{a: [1, 2]}", "{a: {}}", "{a: {b: 1}}", "{a: NaN}",
        "{a: {$gt: 1}}", "{a: {$gte: 2.5}}", "{a: {$lt: 2}}", "{a: {$lte: NaN}}", "{a: {$gte: null}}", "{a: {$gt: null}}", "{a: {$gt: ''}}",
        "{a: {$gte: 'X', $lt: 'y'}}", "{a: {$gt: 1, $lt: 2}}", "{a: {$eq: {$maxKey: 1}}}",
        "{a: {$gt: {}}}", "{a: {$gte: [1, 2]}}", "{a: {$gte: true}}", "{a: {$gte: ISODate('2021-01-01T00:00:00Z')}}",
        "{a: {$in: [1, 'x', null]}}", "{a: {$nin: [1, 'x', null]}}", "{a: {$in: []}}", "{a: {$in: [/^x/i, 5]}}", "{a: {$exists: true}}",
        "{a: {$exists: false}}", "{'a.b': {$exists: true}}", "{'a.b': {$exists: false}}", "{a: {$type: 'number'}}", "{a: {$type: 'array'}}",
        "{a: {$type: ['string', 8]}}", "{a: {$type: 10}}", "{a: {$type: 'object'}}", "{a: {$not: {$gt: 1}}}", "{a: {$not: /x/}}", "{a: /x/}",
        "{a: {$regex: '^x', $options: 'i'}}", "{a: {$regex: 'y'}}", "{a: {$size: 0}}", "{a: {$size: 2}}", "{a: {$all: [1, 2]}}", "{a: {$all: []}}",
        "{a: {$all: [[1, 2]]}}", "{a: {$elemMatch: {b: 1}}}", "{a: {$elemMatch: {b: {$gt: 2}, c: 1}}}", "{a: {$elemMatch: {$gt: 1, $lt: 3}}}",
        "{a: {$elemMatch: {$gte: 3}}}", "{a: {$all: [{$elemMatch: {b: 1}}, {$elemMatch: {b: 5}}]}}", "{'a.b': 1}", "{'a.b': null}",
        "{'a.b': {$gt: 4}}", "{'a.0': 1}", "{'a.0': [1, 2]}", "{'a.0': 3}", "{'a.0.b': 1}", "{'a.1': {$exists: true}}", "{'a.b.c': 3}", "{'a.b.c': {$gte: 4}}",
        "{'a.0.0': 1}", "{'a.b.0': 1}", "{$and: [{a: {$gt: -10}}, {b: 2}]}", "{$or: [{a: 1}, {b: 'y'}]}", "{$nor: [{a: {$gt: 0}}, {b: 2}]}",
        "{a: -5, b: 2}", "{b: {$in: [2, 'y']}, a: {$ne: 5}}", "{a: {$ne: 1}}", "{'a.b': {$ne: 1}}", "{a: {$elemMatch: {$elemMatch: {$eq: 1}}}}",
        "{a: {$eq: 'x'}}", "{a: {$lte: true}}", "{a: ObjectId('64f000000000000000000001')}", "{'a.b': {$in: [null, 9]}}", "{a: {$not: {$size: 3}}}",
    ];

    [Theory]
    [InlineData("{a: {$gt: 1}}", new[] { 3, 4, 5, 12, 13, 23, 35, 37 })]
    [InlineData("{a: null}", new[] { 0, 1, 15, 38 })]
    [InlineData("{a: {$elemMatch: {b: {$gt: 2}, c: 1}}}", new[] { 21 })]
    [InlineData("{'a.b': 1}", new[] { 17, 19, 20, 21, 23 })]
    [InlineData("{a: {$type: 'array'}}", new[] { 11, 12, 13, 14, 15, 20, 21, 22, 23, 25, 33, 39 })]
    [InlineData("{a: {$gte: NaN}}", new[] { 6 })]
    [InlineData("{a: {$elemMatch: {$gt: 1, $lt: 3}}}", new[] { 12 })]
    [InlineData("{'a.0': 1}", new[] { 12, 24 })]
    [InlineData("{a: /^x/i}", new[] { 7, 8, 13 })]
    [InlineData("{'a.b': {$ne: 1}, a: {$type: 'object'}}", new[] { 16, 18, 22, 24, 25, 32, 33 })]
    public void A_filter_lets_pass_what_MongoDB_would(string query, int[] expected) => Assert.Equal(expected, Matching(query));

    [Theory]
    [MemberData(nameof(Queries))]
    public async Task A_filter_and_a_server_agree(string query)
    {
        if (!(await (await mongo.Database.ListCollectionNamesAsync(cancellationToken: TestContext.Current.CancellationToken)).ToListAsync()).Contains("filtered"))
            await mongo.FillAsync("filtered", s_documents);
        var found = await mongo.Database.GetCollection<BsonDocument>("filtered").Find(BsonDocument.Parse(query)).ToListAsync(TestContext.Current.CancellationToken);
        Assert.Equal(found.Select(document => document["_id"].AsInt32).Order(), Matching(query));
    }

    [Theory]
    [InlineData("{a: {$where: 'true'}}", "cannot be filtered by $where")]
    [InlineData("{$expr: {$gt: ['$a', 1]}}", "cannot be filtered by $expr")]
    [InlineData("{a: {$mod: [2, 0]}}", "cannot be filtered by $mod")]
    [InlineData("{a: {$gt: 1, b: 2}}", "cannot be filtered by b")]
    [InlineData("{$and: []}", "$and takes a list")]
    [InlineData("{a: {$in: 5}}", "$in takes a list")]
    [InlineData("{a: {$regex: '('}}", "$regex '('")]
    [InlineData("{a: {$options: 'i'}}", "$options needs a $regex")]
    [InlineData("{a: {$type: 'nonsense'}}", "$type does not know nonsense")]
    [InlineData("{a: {$size: 1.5}}", "$size takes a whole number")]
    [InlineData("{a: ", "not a query in extended JSON")]
    public void What_is_not_understood_is_refused_before_anything_starts(string query, string expected) =>
        Assert.Contains(expected, Assert.Throws<SourceException>(() => DocumentFilter.Compile(query, "things")).Message, StringComparison.Ordinal);

    private static int[] Matching(string query)
    {
        var filter = DocumentFilter.Compile(query, "things");
        return [.. s_documents.Where(document => filter.Matches(document.ToBson())).Select(document => document["_id"].AsInt32)];
    }
}
