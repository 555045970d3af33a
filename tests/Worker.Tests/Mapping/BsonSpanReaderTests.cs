using CsCheck;
using Migration.Worker.Mapping;
using MongoDB.Bson;

namespace Migration.Worker.Tests.Mapping;

public sealed class BsonSpanReaderTests
{
    private static readonly BsonDocument EveryType = new()
    {
        { "double", 1.5 },
        { "string", "Grüße" },
        { "document", new BsonDocument("a", new BsonDocument("b", 1)) },
        { "array", new BsonArray { 1, "two", new BsonDocument("three", 3) } },
        { "binary", new BsonBinaryData([1, 2, 3]) },
        { "undefined", BsonUndefined.Value },
        { "objectId", ObjectId.Parse("64f000000000000000000001") },
        { "bool", true },
        { "date", new BsonDateTime(1_700_000_000_000) },
        { "null", BsonNull.Value },
        { "regex", new BsonRegularExpression("^a.*", "i") },
        { "code", new BsonJavaScript("f()") },
        { "symbol", BsonSymbol.Create("s") },
        { "scope", new BsonJavaScriptWithScope("g()", new BsonDocument("x", 1)) },
        { "int32", 7 },
        { "timestamp", new BsonTimestamp(1, 2) },
        { "int64", 7L },
        { "decimal", Decimal128.Parse("1.10") },
        { "min", BsonMinKey.Value },
        { "max", BsonMaxKey.Value },
        { "", "an empty name" },
    };

    [Fact]
    public void Reads_every_type_in_order_and_ends_without_a_fault()
    {
        var fields = new List<(string, BsonType)>();
        var reader = new BsonSpanReader(EveryType.ToBson());
        while (reader.Read()) fields.Add((System.Text.Encoding.UTF8.GetString(reader.Name), reader.Type));

        Assert.Equal(BsonFault.None, reader.Fault);
        Assert.Equal(EveryType.Elements.Select(e => (e.Name, e.Value.BsonType)), fields);
        Assert.Equal(BsonFault.None, BsonSpanReader.Check(EveryType.ToBson()));
    }

    [Fact]
    public void Finds_a_field_and_its_value()
    {
        Assert.True(BsonSpanReader.TryFind(EveryType.ToBson(), "string"u8, out var type, out var value));
        Assert.Equal(BsonType.String, type);
        Assert.Equal("Grüße"u8, BsonSpanReader.TextOf(value));
        Assert.False(BsonSpanReader.TryFind(EveryType.ToBson(), "absent"u8, out _, out _));
    }

    [Fact]
    public void Every_truncation_is_a_fault()
    {
        var whole = EveryType.ToBson();
        for (var length = 0; length < whole.Length; length++)
        {
            Assert.Equal(BsonFault.Truncated, BsonSpanReader.Check(whole.AsSpan(0, length)));
        }
    }

    /// <summary>The length prefix follows the cut, so that the fault is found further in.</summary>
    [Fact]
    public void Every_truncation_that_hides_behind_a_fitting_length_is_a_fault()
    {
        var whole = EveryType.ToBson();
        for (var length = 6; length < whole.Length; length++)
        {
            var cut = whole.AsSpan(0, length).ToArray();
            BitConverter.TryWriteBytes(cut, length);
            cut[^1] = 0;
            var fields = ReadAll(cut, out var fault);
            Assert.True(fault != BsonFault.None || fields < EveryType.ElementCount, $"{length} bytes");
        }
    }

    /// <summary>A name is looked at otherwise where fewer than sixteen bytes follow it.</summary>
    [Fact]
    public void Names_of_every_length_are_read_however_near_the_document_s_end()
    {
        for (var length = 0; length <= 40; length++)
        {
            for (var after = 0; after <= 20; after++)
            {
                var name = new string('n', length);
                var document = new BsonDocument { { name, new BsonBinaryData(new byte[after]) }, { "end", BsonNull.Value } };
                var reader = new BsonSpanReader(document.ToBson());

                Assert.True(reader.Read());
                Assert.Equal(name, System.Text.Encoding.UTF8.GetString(reader.Name));
                Assert.Equal(after + 5, reader.Value.Length);
                Assert.Equal(sizeof(int) + 1 + length + 1, reader.ValueOffset);
                Assert.True(reader.Read());
                Assert.Equal("end"u8, reader.Name);
                Assert.True(reader.Value.IsEmpty);
                Assert.False(reader.Read());
                Assert.Equal(BsonFault.None, reader.Fault);
            }
        }
    }

    /// <summary>Beyond the document, in the same array, stands a zero that would end the name.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(12)]
    [InlineData(30)]
    public void A_name_that_does_not_end_is_a_fault(int length)
    {
        byte[] document = [0, 0, 0, 0, (byte)BsonType.Null, .. Enumerable.Repeat((byte)'n', length), 0];
        BitConverter.TryWriteBytes(document, document.Length);
        byte[] page = [.. document, .. new byte[64]];

        Assert.Equal(BsonFault.Name, BsonSpanReader.Check(page.AsSpan(0, document.Length)));
    }

    [Fact]
    public void Changed_bytes_never_make_it_throw()
    {
        var whole = EveryType.ToBson();
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte).Array[1, 8].Sample(
            changes =>
            {
                var changed = whole.ToArray();
                foreach (var (at, value) in changes) changed[at] = value;
                BsonSpanReader.Check(changed);
            },
            iter: 100_000);
    }

    [Fact]
    public void Random_bytes_never_make_it_throw() =>
        Gen.Byte.Array[0, 200].Sample(
            bytes =>
            {
                if (bytes.Length >= 4) BitConverter.TryWriteBytes(bytes, bytes.Length);
                BsonSpanReader.Check(bytes);
            },
            iter: 100_000);

    [Theory]
    [InlineData(200, "None")]
    [InlineData(201, "Depth")]
    [InlineData(100_000, "Depth")]
    public void Nesting_is_read_to_a_limit(int depth, string fault) =>
        Assert.Equal(fault, BsonSpanReader.Check(Nested(depth)).ToString());

    /// <summary>Built from the inside by hand: the driver itself refuses such depths.</summary>
    internal static byte[] Nested(int depth)
    {
        // Each level around the innermost adds length (4), type and name (3), terminator (1).
        var bytes = new byte[5 + 8 * (depth - 1)];
        for (var level = 0; level < depth; level++)
        {
            var at = level * 7;
            BitConverter.TryWriteBytes(bytes.AsSpan(at), bytes.Length - level * 8);
            if (level == depth - 1) break;
            bytes[at + 4] = (byte)BsonType.Document;
            bytes[at + 5] = (byte)'a';
        }

        return bytes;
    }

    private static int ReadAll(byte[] document, out BsonFault fault)
    {
        var fields = 0;
        var reader = new BsonSpanReader(document);
        while (reader.Read()) fields++;
        fault = BsonSpanReader.Check(document);
        return fields;
    }
}
