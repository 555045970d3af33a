using System.Text;
using CsCheck;
using Migration.Worker.Sources;
using MongoDB.Bson;

namespace Migration.Worker.Tests.Sources;

/// <summary>Keys of every type that MongoDB takes as <c>_id</c>, with the values at which sources go wrong.</summary>
internal static class RandomKeys
{
    private static readonly Gen<BsonValue> s_number = Gen.OneOf<BsonValue>(
        Gen.Int[-20, 20].Select(i => (BsonValue)new BsonInt32(i)),
        Gen.Int.Select(i => (BsonValue)new BsonInt32(i)),
        Gen.Long[-20, 20].Select(i => (BsonValue)new BsonInt64(i)),
        Gen.Long.Select(i => (BsonValue)new BsonInt64(i)),
        Gen.Int[-80, 80].Select(i => (BsonValue)new BsonDouble(i / 4.0)),
        Gen.Double.Select(d => (BsonValue)new BsonDouble(d)),
        Gen.Int[-800, 800].Select(i => (BsonValue)new BsonDecimal128(i / 40m)),
        Gen.OneOf<BsonValue>(
            double.NaN, -0.0, 0.0, 0, 0L, double.PositiveInfinity, double.NegativeInfinity, 0.1, double.Epsilon, double.MaxValue,
            long.MaxValue, long.MinValue, int.MaxValue, 9007199254740993L, 9007199254740992.0, 9223372036854775807.0,
            Decimal("0.1"), Decimal("0"), Decimal("-0"), Decimal("1.0"), Decimal("9E+6144"), Decimal("-9.999E+6144"),
            Decimal("1E-6176"), Decimal("NaN"), Decimal("Infinity"), Decimal("-Infinity"), Decimal("9007199254740993"),
            Decimal("0.1000000000000000055511151231257827"), Decimal("1E+1")));

    private static readonly Gen<BsonValue> s_binary = Gen.OneOf<BsonValue>(
        Gen.Guid.Select(g => (BsonValue)new BsonBinaryData(g, GuidRepresentation.Standard)),
        Gen.Guid.Select(g => (BsonValue)new BsonBinaryData(g, GuidRepresentation.CSharpLegacy)),
        Gen.Select(Gen.Byte.Array[0, 20], Gen.OneOf(BsonBinarySubType.Binary, BsonBinarySubType.MD5, BsonBinarySubType.UserDefined))
            .Select(t => (BsonValue)new BsonBinaryData(t.Item1, t.Item2)));

    private static readonly Gen<string> s_text = Gen.OneOf(
        Gen.String[0, 12].Select(ValidUnicode), Gen.String[Gen.Char['a', 'f'], 0, 6], Gen.OneOf("", " ", "A", "a", "ä", "\U0001F600", "a\0b", "_id", "10", "9"));

    private static readonly Gen<BsonValue> s_other = Gen.OneOf<BsonValue>(
        Gen.Byte.Array[12].Select(b => (BsonValue)new BsonObjectId(new ObjectId(b))),
        Gen.Bool.Select(b => (BsonValue)b),
        Gen.Long[-200_000_000_000_000, 200_000_000_000_000].Select(ms => (BsonValue)new BsonDateTime(ms)),
        Gen.OneOf<BsonValue>(new BsonDateTime(0), new BsonDateTime(-1), new BsonDateTime(long.MinValue), new BsonDateTime(long.MaxValue)),
        Gen.ULong.Select(t => (BsonValue)new BsonTimestamp((long)t)),
        Gen.OneOf<BsonValue>(BsonNull.Value, BsonMinKey.Value, BsonMaxKey.Value));

    // Without NUL: the DocumentDB engine cuts code off there when it projects it, so that two keys look like one.
    private static readonly Gen<string> s_plain = s_text.Select(s => s.Replace("\0", "", StringComparison.Ordinal));

    private static readonly Gen<BsonValue> s_code = Gen.OneOf<BsonValue>(
        s_plain.Select(s => (BsonValue)BsonSymbol.Create(s + "s")),
        s_plain.Select(s => (BsonValue)new BsonJavaScript(s)),
        Gen.Select(s_plain, Gen.Int[0, 3]).Select(t => (BsonValue)new BsonJavaScriptWithScope(t.Item1, new BsonDocument("x", t.Item2))));

    private static readonly Gen<BsonValue> s_scalar = Gen.OneOf(
        s_number, s_number, s_number, s_text.Select(s => (BsonValue)s), s_text.Select(s => (BsonValue)s), s_binary, s_other, s_other, s_code);

    private static readonly Gen<BsonValue> s_document = Gen.Select(Gen.OneOf("a", "b", "ab", "z").Array[0, 3], s_scalar.Array[3], Gen.Int[0, 3]).Select(t =>
    {
        var document = new BsonDocument(t.Item1.Distinct().Select((name, i) => new BsonElement(name, t.Item2[i])));
        return (BsonValue)(t.Item3 == 0 ? new BsonDocument("n", document) : t.Item3 == 1 ? new BsonDocument("l", new BsonArray { document, 1 }) : document);
    });

    /// <summary>One key.</summary>
    public static readonly Gen<BsonValue> Key = Gen.Frequency((5, s_scalar), (1, s_document));

    /// <summary>Keys of which no two are equal to the server: 1 and 1.0 are one key.</summary>
    public static Gen<List<BsonValue>> Distinct(int from, int to) => Key.List[from, to].Select(keys =>
    {
        var distinct = new SortedSet<BsonValue>(keys, Comparer<BsonValue>.Create(BsonKeyOrder.Compare));
        return keys.Where(distinct.Remove).ToList();
    });

    private static BsonDecimal128 Decimal(string text) => new(Decimal128.Parse(text));

    private static string ValidUnicode(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
