using System.Text.Json;
using Migration.Contracts.Migrations;
using Migration.Worker.Enrichment;
using Migration.Worker.Mapping;
using Migration.Worker.Targets;
using Migration.Worker.Tests.Mapping;
using MongoDB.Bson;

namespace Migration.Worker.Tests.Enrichment;

/// <summary>What steps are given of a row, and what a row takes of what they give.</summary>
public sealed class FieldValuesTests
{
    public static TheoryData<string, string, string> Values => new()
    {
        { "text", "'a\u00e4\U0001F600'", "a\u00e4\U0001F600" },
        { "varchar(9)", "'abc'", "abc" },
        { "int2", "-5", "-5" },
        { "int", "7", "7" },
        { "int8", "{$numberLong: '9223372036854775807'}", "9223372036854775807" },
        { "numeric", "{$numberDecimal: '0'}", "0" },
        { "numeric", "{$numberDecimal: '-12345678901234567890.1234567'}", "-12345678901234567890.1234567" },
        { "numeric(18,2)", "{$numberDecimal: '1.10'}", "1.10" },
        { "numeric", "{$numberDecimal: '1E+20'}", "100000000000000000000" },
        { "numeric", "{$numberDecimal: '0.00001'}", "0.00001" },
        { "float8", "0.1", "0.1" },
        { "float4", "0.5", "0.5" },
        { "bool", "true", "true" },
        { "uuid", "{$uuid: '00112233-4455-6677-8899-aabbccddeeff'}", "00112233-4455-6677-8899-aabbccddeeff" },
        { "date", "{$date: '1969-07-20T00:00:00Z'}", "1969-07-20" },
        { "timestamptz", "{$date: '2024-02-29T12:34:56.789Z'}", "2024-02-29T12:34:56.789Z" },
        { "timestamp", "{$date: '0001-01-01T00:00:00Z'}", "0001-01-01T00:00:00Z" },
        { "bytea", "{$binary: {base64: 'AQID', subType: '00'}}", "AQID" },
        { "json", "{a: [1, 2.5, {b: null}]}", "{\"a\":[1,2.5,{\"b\":null}]}" },
        { "jsonb", "[]", "[]" },
        { "text[]", "['a', null, 'b']", "[\"a\",null,\"b\"]" },
        { "int[]", "[]", "[]" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void What_a_step_reads_and_writes_back_is_the_same_field(string type, string json, string text)
    {
        var mapping = Enriched(type);
        using var rows = Row(mapping, BsonDocument.Parse($"{{_id: 1, v: {json}}}"));
        var record = new EnrichedRecord(new EnrichedColumns(mapping), rows.Row(0));

        var value = record.Get("v");
        record.Set("v", value, "A test");

        Assert.Null(record.Rejection);
        Assert.Equal(text, Worker.Enrichment.Values.JsonValues.Text(value));
        using var written = new RowBuffer();
        Assert.Null(record.WriteTo(written));
        Assert.Equal(rows.Row(0).ToArray(), written.Row(0).ToArray());
    }

    [Theory]
    [InlineData("int", "12", "12")]
    [InlineData("int", "12.0", "12")]
    [InlineData("numeric", "12.50", "12.50")]
    [InlineData("float8", "0.1", "0.1")]
    [InlineData("float4", "0.1", "0.10000000149011612")]
    [InlineData("text", "1.10", "1.10")]
    [InlineData("text", "true", "true")]
    [InlineData("bool", "true", "true")]
    [InlineData("uuid", "\"00112233445566778899aabbccddeeff\"", "00112233-4455-6677-8899-aabbccddeeff")]
    [InlineData("date", "\"2024-02-29\"", "2024-02-29")]
    [InlineData("timestamptz", "\"2024-02-29T12:34:56.5+01:00\"", "2024-02-29T11:34:56.5Z")]
    [InlineData("text", "\"2024-02-29\"", "2024-02-29")]
    [InlineData("jsonb", "{\"a\": [1, 2.50, \"2024-02-29\"]}", "{\"a\":[1,2.5,\"2024-02-29\"]}")]
    [InlineData("text[]", "[\"a\", 1, null]", "[\"a\",\"1\",null]")]
    [InlineData("int", "null", "")]
    public void Json_becomes_what_the_column_is(string type, string json, string text)
        => Assert.Equal(text, Worker.Enrichment.Values.JsonValues.Text(Set(type, JsonElement.Parse(json)).Get("v")));

    [Theory]
    [InlineData("int", "3000000000", "integer cannot hold it")]
    [InlineData("int", "1.5", "integer cannot hold it without rounding")]
    [InlineData("int", "\"1\"", "integer takes no value of this type")]
    [InlineData("numeric", "12345678901234567890123456789012345.1", "more than 34 digits")]
    [InlineData("timestamptz", "\"soon\"", "which is no date such as")]
    [InlineData("timestamptz", "\"2024-02-29T12:34:56.7891Z\"", "finer than a millisecond")]
    [InlineData("date", "\"2024-02-29T12:00:00Z\"", "would lose its time of day")]
    [InlineData("varchar(2)", "\"abc\"", "cannot hold its 3 characters")]
    [InlineData("text", "\"\\ud800\"", "a value that cannot be stored")]
    [InlineData("jsonb", "{\"a\": 1, \"a\": 2}", "a value that cannot be stored")]
    [InlineData("text", "[1]", "text takes no value of this type")]
    [InlineData("bytea", "\"AQID\"", "bytea takes no value of this type")]
    public void What_a_column_does_not_take_refuses_the_record_and_says_why(string type, string json, string reason)
    {
        var rejection = Set(type, JsonElement.Parse(json)).Rejection!;

        Assert.Equal((RecordStage.Enrich, "v"), (rejection.Stage, rejection.Column));
        Assert.StartsWith("A test gave column 'v' ", rejection.Message, StringComparison.Ordinal);
        Assert.Contains(reason, rejection.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_value_at_all_refuses_the_record()
        => Assert.Contains("System.Uri, which no column takes", Set("text", new Uri("http://localhost")).Rejection!.Message, StringComparison.Ordinal);

    [Fact]
    public void A_number_beyond_what_a_step_can_be_given_refuses_the_record_that_a_step_reads_it_of()
    {
        var mapping = Enriched("numeric");
        using var rows = Row(mapping, BsonDocument.Parse("{_id: 1, v: {$numberDecimal: '1E+40'}}"));
        var record = new EnrichedRecord(new EnrichedColumns(mapping), rows.Row(0));

        Assert.Null(record.Get("v"));
        Assert.Equal("column 'v' cannot be read for enrichment: it is beyond what a step can be given of numeric.", record.Rejection!.Message);
    }

    private static EnrichedRecord Set(string type, object value)
    {
        var mapping = Enriched(type);
        using var rows = Row(mapping, BsonDocument.Parse("{_id: 1}"));
        var record = new EnrichedRecord(new EnrichedColumns(mapping), rows.Row(0).ToArray());
        record.Set("v", value, "A test");
        return record;
    }

    private static CollectionMapping Enriched(string type)
        => Mappings.Of("v", type) with { Enrich = [new HttpStep { Url = "http://localhost", Method = "GET", Take = new Dictionary<string, IReadOnlyList<string>> { ["v"] = [] } }] };

    private static RowBuffer Row(CollectionMapping mapping, BsonDocument document)
    {
        var rows = new RowBuffer();
        Assert.Null(new RecordMapper(mapping).Map(document.ToBson(), rows));
        return rows;
    }
}
