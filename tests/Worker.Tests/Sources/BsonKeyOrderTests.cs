using CsCheck;
using Migration.Worker.Sources;
using MongoDB.Bson;

namespace Migration.Worker.Tests.Sources;

public sealed class BsonKeyOrderTests
{
    // In ascending order; a line's values are equal to each other.
    private static readonly BsonValue[][] s_ascending =
    [
        [BsonMinKey.Value],
        [BsonNull.Value],
        [double.NaN, Decimal("NaN")],
        [double.NegativeInfinity, Decimal("-Infinity")],
        [Decimal("-9.999E+6144")],
        [double.MinValue],
        [long.MinValue, -9223372036854775808.0, Decimal("-9223372036854775808")],
        [-1, -1L, -1.0, Decimal("-1.00")],
        [0, 0L, 0.0, -0.0, Decimal("0"), Decimal("-0E+5")],
        [Decimal("1E-6176")],
        [double.Epsilon],
        [Decimal("0.1")],
        [0.1],
        [Decimal("0.1000000000000000055511151231257828")],
        [9007199254740992L, 9007199254740992.0],
        [9007199254740993L, Decimal("9007199254740993")],
        [long.MaxValue],
        [9223372036854775808.0, Decimal("9223372036854775808")],
        [double.MaxValue],
        [Decimal("9E+6144")],
        [double.PositiveInfinity, Decimal("Infinity")],
        ["", BsonSymbol.Create("")],
        ["10"],
        ["9"],
        ["a", BsonSymbol.Create("a")],
        ["a\0"],
        ["ab"],
        ["\uFFFD"],
        ["\U0001F600"],
        [new BsonDocument()],
        [new BsonDocument("b", 1), new BsonDocument("b", 1.0)],
        [new BsonDocument("b", 1).Add("a", 0)],
        [new BsonDocument("c", 0)],
        [new BsonDocument("a", "")],
        [new BsonArray()],
        [new BsonArray { 1 }],
        [new BsonBinaryData([])],
        [new BsonBinaryData([9])],
        [new BsonBinaryData([1, 2])],
        [new BsonBinaryData([1], BsonBinarySubType.UserDefined), new BsonBinaryData([1], BsonBinarySubType.UserDefined)],
        [ObjectId.Empty],
        [new ObjectId("ff0000000000000000000000")],
        [false],
        [true],
        [new BsonDateTime(-1)],
        [new BsonDateTime(0)],
        [new BsonTimestamp(1, 1)],
        [new BsonTimestamp(unchecked((int)0xF0000000), 0)],
        [new BsonRegularExpression("a")],
        [new BsonJavaScript("")],
        [new BsonJavaScript("b")],
        [new BsonJavaScriptWithScope("a", [])],
        [new BsonJavaScriptWithScope("a", new BsonDocument("x", 1))],
        [new BsonJavaScriptWithScope("b", [])],
        [BsonMaxKey.Value],
    ];

    [Fact]
    public void Values_of_all_types_stand_in_the_order_of_MongoDB()
    {
        var ordered = s_ascending.Where(line => line is not [BsonBinaryData { SubType: BsonBinarySubType.UserDefined }, ..]).ToList();
        for (var i = 0; i < ordered.Count; i++)
        {
            for (var j = 0; j < ordered.Count; j++)
            {
                foreach (var left in ordered[i])
                {
                    foreach (var right in ordered[j])
                        Assert.Equal(i.CompareTo(j), Math.Sign(BsonKeyOrder.Compare(left, right)));
                }
            }
        }
    }

    [Fact]
    public void Binary_is_ordered_by_length_then_subtype_then_bytes()
    {
        var user = new BsonBinaryData([1], BsonBinarySubType.UserDefined);
        Assert.True(BsonKeyOrder.Compare(new BsonBinaryData([9]), user) < 0);
        Assert.True(BsonKeyOrder.Compare(user, new BsonBinaryData([0, 0])) < 0);
    }

    [Fact]
    public void The_order_is_total() => Gen.Select(RandomKeys.Key, RandomKeys.Key, RandomKeys.Key).Sample((a, b, c) =>
    {
        Assert.Equal(0, BsonKeyOrder.Compare(a, a));
        Assert.Equal(Math.Sign(BsonKeyOrder.Compare(a, b)), -Math.Sign(BsonKeyOrder.Compare(b, a)));
        if (BsonKeyOrder.Compare(a, b) <= 0 && BsonKeyOrder.Compare(b, c) <= 0)
            Assert.True(BsonKeyOrder.Compare(a, c) <= 0);
    }, iter: 5000);

    [Fact]
    public void A_broken_document_is_told_and_never_read_past_its_end() =>
        Gen.Select(RandomKeys.Key, Gen.Int[0, 60], Gen.Byte, Gen.Int[0, 10]).Sample((key, place, value, cut) =>
        {
            var bytes = new BsonDocument { { "_id", key }, { "x", new BsonArray { key, "text" } } }.ToBson();
            bytes[place % bytes.Length] = value;
            var broken = bytes[..^Math.Min(cut, bytes.Length - 1)];
            try
            {
                foreach (var element in new RawBson(broken))
                    BsonKeyOrder.Compare(element, element);
            }
            catch (FormatException)
            {
                // The one answer to a broken document.
            }
        }, iter: 20_000);

    private static BsonDecimal128 Decimal(string text) => new(Decimal128.Parse(text));
}
