using Migration.Coordinator.Inference;
using Migration.Worker.Sources;
using MongoDB.Bson;

namespace Migration.Coordinator.Tests.Inference;

public sealed class InferredCollectionTests
{
    [Theory]
    [InlineData("[1, 2]", "bigint")]
    [InlineData("[1, {$numberLong: '9007199254740993'}]", "bigint")]
    [InlineData("[1, 2.5]", "double precision")]
    [InlineData("[2.5, {$numberDouble: 'NaN'}]", "double precision")]
    [InlineData("[2.5, {$numberLong: '9007199254740993'}]", "numeric")]
    [InlineData("[{$numberDecimal: '1E+6111'}, 1]", "numeric")]
    [InlineData("[{$numberDecimal: 'NaN'}]", "jsonb")]
    [InlineData("['x', 'y']", "text")]
    [InlineData("['1', 1]", "jsonb")]
    [InlineData("[{$oid: '507f1f77bcf86cd799439011'}]", "text")]
    [InlineData("[{$oid: '507f1f77bcf86cd799439011'}, '507f1f77bcf86cd799439011']", "jsonb")]
    [InlineData("[true]", "boolean")]
    [InlineData("[{$date: '2024-01-01T00:00:00Z'}]", "timestamptz")]
    [InlineData("[{$date: {$numberLong: '9223372036854775807'}}]", "jsonb")]
    [InlineData("[{$uuid: '00000000-0000-4000-8000-000000000000'}]", "uuid")]
    [InlineData("[{$binary: {base64: 'AAAA', subType: '00'}}]", "bytea")]
    [InlineData("[{$binary: {base64: 'AAAA', subType: '00'}}, {$binary: {base64: 'AAAA', subType: '05'}}]", "jsonb")]
    [InlineData("[['a'], []]", "text[]")]
    [InlineData("[[1, null], [2]]", "bigint[]")]
    [InlineData("[[]]", "jsonb")]
    [InlineData("[['a'], 'b']", "jsonb")]
    [InlineData("[['a', 1]]", "jsonb")]
    [InlineData("[[['a']]]", "jsonb")]
    [InlineData("[[{a: 1}]]", "jsonb")]
    [InlineData("[{a: 1}, 'b']", "jsonb")]
    [InlineData("['a\\u0000b']", "json")]
    [InlineData("[{$regularExpression: {pattern: 'a', options: ''}}]", "jsonb")]
    public void The_type_fits_every_value(string values, string type)
    {
        var collection = Infer(BsonDocument.Parse($"{{ v: {values} }}")["v"].AsBsonArray.Select((value, i) => new BsonDocument { { "_id", i }, { "v", value } }));

        Assert.Equal(type, Assert.Single(collection.Columns, column => column.Path is ["v"]).Choice.Type.ToString());
    }

    [Fact]
    public void A_negative_zero_among_integers_keeps_its_sign()
    {
        // The driver's conversions from double give one zero for both.
        var collection = Infer([new BsonDocument { { "_id", 1 }, { "v", new BsonDouble(-0.0) } }, new BsonDocument { { "_id", 2 }, { "v", 1L } }]);

        Assert.Equal("jsonb", Assert.Single(collection.Columns, column => column.Path is ["v"]).Choice.Type.ToString());
    }

    [Fact]
    public void Subdocuments_become_columns_down_to_the_fourth_name()
    {
        var collection = Infer([BsonDocument.Parse("{ _id: 1, a: { b: { c: { d: { e: 1 } } } } }")]);

        Assert.Equal(["_id", "a.b.c.d"], collection.Columns.Select(column => string.Join('.', column.Path)));
    }

    [Fact]
    public void A_map_of_many_rare_names_stays_whole()
    {
        var collection = Infer(Enumerable.Range(0, 100).Select(i => new BsonDocument { { "_id", i }, { "byUser", new BsonDocument($"user{i}", i) } }));

        Assert.Equal(["id", "by_user"], collection.Columns.Select(column => column.Name));
    }

    [Fact]
    public void A_key_beside_a_field_of_its_name_takes_the_collection_s()
    {
        var collection = Infer([BsonDocument.Parse("{ _id: 1, id: 'x' }")]);

        Assert.Equal(["things_key", "id"], collection.Columns.Select(column => column.Name));
    }

    [Fact]
    public void Columns_are_as_many_as_a_row_has_room_for_and_the_rest_is_named()
    {
        var document = new BsonDocument("_id", 1);
        for (var i = 0; i < 1_900; i++)
            document[$"flag{i}"] = true;
        for (var i = 0; i < 400; i++)
            document[$"text{i}"] = "some text";

        var flags = Infer([document]);
        var texts = Infer([new BsonDocument(document.Where(field => !field.Name.StartsWith("flag", StringComparison.Ordinal)))]);

        Assert.Equal(1_599, flags.Columns.Count);
        Assert.InRange(texts.Columns.Count, 300, 330);
        Assert.Equal(401 - texts.Columns.Count, texts.LeftOut.Count);
    }

    private static InferredCollection Infer(IEnumerable<BsonDocument> documents)
    {
        using var profile = new CollectionProfile("things");
        foreach (var document in documents)
            profile.Add(new SourceRecord(document.ToBson()));
        return new InferredCollection(profile, "things");
    }
}
