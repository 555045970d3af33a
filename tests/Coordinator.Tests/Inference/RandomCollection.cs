using MongoDB.Bson;

namespace Migration.Coordinator.Tests.Inference;

/// <summary>
/// Documents as collections have them: fields that recur, most of one type, some of several, some rare, nested in
/// subdocuments and arrays; every BSON type, and names that are hard on YAML and SQL. The same seed gives the same ones.
/// </summary>
internal sealed class RandomCollection
{
    private static readonly string[] OddNames =
    [
        "a.b", "$ref", "", "user", "ORDER", "createdAt", "created_at", "CreatedAt", "id", "extra", "x: y", "it's", "\"quoted\"", "line\nend",
        "${HOME}", "$${x}", "emoji 😀", "größe", "123", "0", "null", "true", "#hash", "- dash", "[x]", "{y}", "*star", "&and", "!bang", "%per",
        "a\u2028b", "tab\there", " blank ", "xmin", "_", "~", "ctid", new string('l', 90), new string('l', 90) + "2", new string('ü', 60),
    ];

    /// <summary>The field that tells which document it is, whatever <c>_id</c> became.</summary>
    public const string Ordinal = "n";

    private readonly Random _random;
    private readonly List<RandomField> _fields;
    private readonly int _keys;

    public RandomCollection(int seed)
    {
        _random = new Random(seed);
        _fields = Fields(3);
        _keys = _random.Next(7);
    }

    public List<BsonDocument> Documents(int count) => [.. Enumerable.Range(0, count).Select(Document)];

    private BsonDocument Document(int index)
    {
        var document = new BsonDocument { { "_id", Key(index) }, { Ordinal, index } };
        foreach (var (name, value) in Values(_fields))
            document[name] = value;
        return document;
    }

    private BsonValue Key(int index) => _keys switch
    {
        0 => index,
        1 => new BsonInt64(index * 1_000_000_007L),
        2 => new ObjectId($"{index:x24}"),
        3 => $"key {index}",
        4 => new BsonDocument { { "shop", index / 7 }, { "no", index % 7 } },
        5 => new BsonBinaryData(new Guid(index, 1, 2, new byte[8]), GuidRepresentation.Standard),
        _ => (index % 5) switch
        {
            0 => index,
            1 => $"{index - 1}", // the text of the key before
            2 => new ObjectId($"{index:x24}"),
            3 => index + 0.5,
            _ => new BsonDateTime(index),
        },
    };

    private List<RandomField> Fields(int depth)
    {
        var names = Enumerable.Range(0, _random.Next(1, 9)).Select(_ => Name()).Distinct().ToList();
        return [.. names.Select(name => new RandomField(name, Presence(), Kinds(depth)))];
    }

    private string Name() => _random.Next(3) == 0 ? OddNames[_random.Next(OddNames.Length)] : $"field{(char)('A' + _random.Next(26))}";

    private double Presence() => _random.Next(4) switch { 0 => 0.03, 1 => 0.5, _ => 1 };

    /// <summary>Mostly one; where there are several, the others are rare.</summary>
    private List<Func<BsonValue>> Kinds(int depth)
    {
        var kinds = new List<Func<BsonValue>> { Kind(depth) };
        while (_random.Next(3) == 0)
            kinds.Add(Kind(depth));
        return kinds;
    }

    private Func<BsonValue> Kind(int depth)
    {
        var kind = _random.Next(depth > 0 ? 28 : 24);
        if (kind >= 26)
        {
            var fields = Fields(depth - 1);
            return () => new BsonDocument(Values(fields).Select(field => new BsonElement(field.Name, field.Value)));
        }

        if (kind >= 24)
        {
            var element = Kinds(depth - 1);
            return () => new BsonArray(Enumerable.Range(0, _random.Next(4)).Select(_ => Value(element)));
        }

        return () => Scalar(kind);
    }

    private IEnumerable<(string Name, BsonValue Value)> Values(List<RandomField> fields)
        => fields.Where(field => _random.NextDouble() < field.Presence).Select(field => (field.Name, Value(field.Kinds)));

    private BsonValue Value(List<Func<BsonValue>> kinds)
        => kinds[_random.Next(10) == 0 ? _random.Next(kinds.Count) : 0]();

    private BsonValue Scalar(int kind) => kind switch
    {
        0 => _random.Next(int.MinValue, int.MaxValue),
        1 => new BsonInt64(_random.NextInt64(long.MinValue, long.MaxValue)),
        2 => new BsonDouble(_random.Next(20) switch { 0 => double.NaN, 1 => double.NegativeInfinity, 2 => -0.0, 3 => 3.0, _ => BitConverter.Int64BitsToDouble(_random.NextInt64()) }),
        3 => _random.NextDouble() * 1000,
        4 => Decimal128.Parse($"{(_random.Next(2) == 0 ? "-" : "")}{_random.NextInt64(1, long.MaxValue)}E{_random.Next(-40, 20)}"),
        5 => _random.Next(30) switch { 0 => Decimal128.QNaN, 1 => Decimal128.NegativeInfinity, 2 => Decimal128.Parse("-0"), _ => Decimal128.Parse("12.50") },
        6 => Text(),
        7 => "plain",
        8 => _random.Next(2) == 0,
        9 => new BsonDateTime(_random.NextInt64(-210_866_803_200_000, 9_224_318_015_999_999)),
        10 => new BsonDateTime(_random.NextInt64(0, 4_000_000_000_000)),
        11 => new ObjectId($"{_random.NextInt64():x24}"),
        12 => new BsonBinaryData(Bytes(16), BsonBinarySubType.UuidStandard),
        13 => new BsonBinaryData(Bytes(_random.Next(30)), BsonBinarySubType.Binary),
        14 => new BsonBinaryData(Bytes(16), BsonBinarySubType.UuidLegacy),
        15 => new BsonBinaryData(Bytes(5), BsonBinarySubType.UserDefined),
        16 => BsonNull.Value,
        17 => BsonUndefined.Value,
        18 => new BsonTimestamp(_random.Next(), _random.Next()),
        19 => new BsonRegularExpression("^a.*" + _random.Next(), "i"),
        20 => new BsonJavaScript("return " + _random.Next()),
        21 => new BsonJavaScriptWithScope("x", new BsonDocument("x", _random.Next())),
        22 => BsonSymbol.Create("symbol" + _random.Next(5)),
        _ => _random.Next(2) == 0 ? BsonMinKey.Value : BsonMaxKey.Value,
    };

    private byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }

    private string Text() => string.Concat(Enumerable.Range(0, _random.Next(20)).Select(_ => (char)_random.Next(1, 0xD7FF))) + "😀";

    private sealed record RandomField(string Name, double Presence, List<Func<BsonValue>> Kinds);
}
