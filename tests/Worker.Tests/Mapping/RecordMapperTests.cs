using System.Text;
using Migration.Worker.Mapping;
using Migration.Worker.Targets;
using MongoDB.Bson;

namespace Migration.Worker.Tests.Mapping;

/// <summary>Documents that no JSON can say.</summary>
public sealed class RecordMapperTests
{
    [Fact]
    public void A_truncated_document_is_unreadable()
    {
        var document = new BsonDocument { { "_id", 1 }, { "v", "text" } }.ToBson();

        var rejection = Map(Mappings.Of("v", "text"), document[..^3]);

        Assert.Equal(new RecordRejection(
            RecordStage.Read, null, null, "unreadable document: it ends before its length prefix says"), rejection);
    }

    [Fact]
    public void A_fault_after_the_mapped_fields_leaves_no_row()
    {
        var document = new BsonDocument { { "_id", 1 }, { "v", "text" }, { "z", 5 } }.ToBson();
        document[^8] = 0x77; // the type of z

        var rejection = Map(Mappings.Of("v", "text"), document);

        Assert.Equal("unreadable document: a field has a type that BSON does not know", rejection?.Message);
    }

    [Fact]
    public void A_mapped_field_that_appears_twice_is_refused()
    {
        var document = new BsonDocument(allowDuplicateNames: true) { { "_id", 1 }, { "v", "a" }, { "v", "a" } };

        var rejection = Map(Mappings.Of("v", "text"), document.ToBson());

        Assert.StartsWith("the field 'v' appears twice", rejection?.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(5000)]
    public void A_repeated_key_is_refused_by_jsonb_and_kept_by_json(int keys)
    {
        var inner = new BsonDocument(allowDuplicateNames: true);
        for (var i = 1; i < keys; i++) inner.Add($"k{i}", i);
        inner.Add("k1", 0);
        var document = new BsonDocument { { "_id", 1 }, { "v", new BsonArray { inner } } }.ToBson();

        var rejection = Map(Mappings.Of("v", "jsonb"), document);

        Assert.Contains("the key 'k1' appears twice", rejection?.Message, StringComparison.Ordinal);
        Assert.Null(Map(Mappings.Of("v", "json"), document));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(16)]
    [InlineData(20)]
    public void Any_two_keys_that_are_the_same_are_refused_by_jsonb(int keys)
    {
        for (var second = 1; second < keys; second++)
        {
            for (var first = 0; first < second; first++)
            {
                var inner = new BsonDocument(allowDuplicateNames: true);
                for (var i = 0; i < keys; i++) inner.Add(i == first || i == second ? "same" : $"k{i}", i);

                var rejection = Map(Mappings.Of("v", "jsonb"), new BsonDocument { { "_id", 1 }, { "v", inner } }.ToBson());

                Assert.Contains("the key 'same' appears twice", rejection?.Message, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("jsonb", "{ a: 1.5, b: ['x', 2] }")]
    [InlineData("numeric(18,2)", "0")]
    [InlineData("numeric", "NumberDecimal('-12345678901234567890.0001')")]
    [InlineData("text[]", "[]")]
    [InlineData("text[]", "['a', null]")]
    public void A_row_does_not_hang_on_what_the_buffer_held_before(string type, string value)
    {
        var mapper = new RecordMapper(Mappings.Of("v", type));
        var document = BsonDocument.Parse($"{{ _id: 1, v: {value} }}").ToBson();
        using var rows = new RowBuffer(1024);
        Assert.Null(mapper.Map(document, rows));
        var clean = rows.Row(0).ToArray();
        rows.Clear();
        rows.Append(1024).Fill(0xA5);
        rows.Clear();

        Assert.Null(mapper.Map(document, rows));

        Assert.Equal(clean, rows.Row(0).ToArray());
    }

    [Theory]
    [InlineData("text", "22021")]
    [InlineData("jsonb", "22021")]
    [InlineData("json", "22021")]
    public void Invalid_UTF8_is_refused(string type, string sqlState)
    {
        var document = new BsonDocument { { "_id", 1 }, { "v", "abc" } }.ToBson();
        document[document.AsSpan().IndexOf("abc"u8) + 1] = 0xFF;

        Assert.Equal(sqlState, Map(Mappings.Of("v", type), document)?.SqlState);
    }

    [Theory]
    [InlineData(100, null)]
    [InlineData(200, null)]
    [InlineData(201, "it is nested deeper than 200 levels")]
    [InlineData(50_000, "it is nested deeper than 200 levels")]
    public void Nesting_is_written_to_a_limit(int depth, string? fault)
    {
        var nested = BsonSpanReaderTests.Nested(depth);
        byte[] body = [(byte)BsonType.Int32, .. "_id\0"u8, 1, 0, 0, 0, (byte)BsonType.Document, .. "v\0"u8, .. nested, 0];
        byte[] document = [.. BitConverter.GetBytes(body.Length + 4), .. body];

        var rejection = Map(Mappings.Of("v", "jsonb"), document);

        if (fault is null) Assert.Null(rejection);
        else Assert.Contains(fault, rejection?.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("json", "\"a\\u0000b\"")]
    public void Json_escapes_zero_characters(string type, string expected) =>
        Assert.Equal(expected, LastField(Mappings.Of("v", type), new BsonDocument { { "_id", 1 }, { "v", "a\0b" } }));

    [Theory]
    [InlineData(-0.0, "{\"$numberDouble\":\"-0.0\"}")]
    [InlineData(0.0, "0.0")]
    [InlineData(1.0, "1.0")]
    [InlineData(1e22, "1E+22")]
    [InlineData(double.PositiveInfinity, "{\"$numberDouble\":\"Infinity\"}")]
    public void Doubles_stay_doubles_in_json(double value, string expected) =>
        Assert.Equal(expected, LastField(Mappings.Of("v", "json"), new BsonDocument { { "_id", 1 }, { "v", new BsonDouble(value) } }));

    [Fact]
    public void A_refusal_leaves_earlier_rows_alone()
    {
        var mapper = new RecordMapper(Mappings.Of("v", "int"));
        using var rows = new RowBuffer(16);
        Assert.Null(mapper.Map(new BsonDocument { { "_id", 1 }, { "v", 1 } }.ToBson(), rows));
        var before = rows.Rows(0, 1).ToArray();

        Assert.NotNull(mapper.Map(new BsonDocument { { "_id", 2 }, { "v", "x" } }.ToBson(), rows));
        Assert.Null(mapper.Map(new BsonDocument { { "_id", 3 }, { "v", 3 } }.ToBson(), rows));

        Assert.Equal(2, rows.Count);
        Assert.Equal(before, rows.Row(0).ToArray());
        Assert.Equal(before.Length * 2, rows.Bytes);
    }

    [Fact]
    public void A_record_that_maps_allocates_nothing()
    {
        var mapper = new RecordMapper(Mappings.Load(
            """
            collections:
              - name: products
                primaryKey: id
                columns:
                  id: { path: _id, type: text }
                  city: { path: vendor.city, type: text }
                  price: "numeric(18,2)"
                  rating: numeric
                  at: timestamptz
                  tags: "text[]"
                  first: { path: tags.0, type: varchar(10) }
                unmapped: { column: rest }
            """));
        var document = new BsonDocument
        {
            { "_id", ObjectId.Parse("64f000000000000000000001") }, { "vendor", new BsonDocument("city", "Köln") },
            { "price", Decimal128.Parse("12.50") }, { "rating", 4.5 }, { "at", new BsonDateTime(0) },
            { "tags", new BsonArray { "a", "b" } }, { "more", new BsonDocument { { "x", 1.5 }, { "y", Decimal128.Parse("1.1") } } },
        }.ToBson();
        using var rows = new RowBuffer();
        Assert.Null(mapper.Map(document, rows));

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 50; i++) mapper.Map(document, rows);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(51, rows.Count);
    }

    [Fact]
    public void Fields_are_found_in_any_order_and_among_many()
    {
        var columns = string.Join("\n", Enumerable.Range(0, 300).Select(i => $"      c{i}: int"));
        var mapping = Mappings.Load($"collections:\n  - name: products\n    primaryKey: c0\n    columns:\n{columns}\n");
        var shuffled = new BsonDocument(Enumerable.Range(0, 600).Reverse().Select(i => new BsonElement($"c{i}", i)));
        using var rows = new RowBuffer();

        Assert.Null(new RecordMapper(mapping).Map(shuffled.ToBson(), rows));

        var expected = Enumerable.Range(0, 300).SelectMany(i => new byte[] { 0, 0, 0, 4, 0, 0, (byte)(i >> 8), (byte)i });
        Assert.Equal([1, 44, .. expected], rows.Row(0).ToArray());
    }

    private static RecordRejection? Map(Migration.Contracts.Migrations.CollectionMapping mapping, byte[] document)
    {
        using var rows = new RowBuffer();
        var rejection = new RecordMapper(mapping).Map(document, rows);
        Assert.Equal(rejection is null ? 1 : 0, rows.Count);
        Assert.Equal(0, rows.UnfinishedBytes);
        return rejection;
    }

    /// <summary>The row's second field as text; the first is an int4.</summary>
    private static string LastField(Migration.Contracts.Migrations.CollectionMapping mapping, BsonDocument document)
    {
        using var rows = new RowBuffer();
        Assert.Null(new RecordMapper(mapping).Map(document.ToBson(), rows));
        return Encoding.UTF8.GetString(rows.Row(0).Span[(2 + 8 + 4)..]);
    }
}
