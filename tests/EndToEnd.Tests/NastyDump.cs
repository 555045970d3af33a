using MongoDB.Bson;

namespace Migration.EndToEnd.Tests;

/// <summary>
/// A database whose collections, fields and values are as hard on a tool as MongoDB allows: names that are the same, reserved,
/// too long or none to PostgreSQL, fields of several types, values at the ends of their ranges.
/// </summary>
internal static class NastyDump
{
    /// <summary>PostgreSQL keeps a schema of that name for itself.</summary>
    public const string Database = "information_schema";

    /// <summary>The field that tells which document of its collection it is.</summary>
    public const string Ordinal = "n";

    public const int Documents = 240;

    /// <summary>Of every collection: what PostgreSQL cannot hold, too rare to change a column's type.</summary>
    public static readonly IReadOnlySet<int> Impossible = new HashSet<int> { 101, 202 };

    private static readonly string L63 = new('l', 63);

    /// <summary>users_pkey is what PostgreSQL calls an index of the table users.</summary>
    public static readonly IReadOnlyList<string> Collections =
    [
        "users", "users_pkey", "Users", "users.archive", "order", "migration", "pg_class", "ключ", "with space", "\"quoted\"", "${HOME}", "a-b", "null",
        L63 + "a", L63 + "b", new string('ü', 70),
    ];

    public static async Task WriteAsync(string folder, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.Combine(folder, Database));
        for (var i = 0; i < Collections.Count; i++)
        {
            var file = Path.Combine(folder, Database, Collections[i] + ".bson");
            await File.WriteAllBytesAsync(file, [.. Of(i).SelectMany(document => document.ToBson())], cancellation);
        }
    }

    /// <summary>In the order of the file.</summary>
    public static IEnumerable<BsonDocument> Of(int collection) => Enumerable.Range(0, Documents).Select(n => Document(collection, n));

    private static BsonDocument Document(int collection, int n)
    {
        var document = new BsonDocument(allowDuplicateNames: true) { { "_id", Key(collection, n) }, { Ordinal, n } };
        document.AddRange(Names(n)).AddRange(Values(n)).AddRange(Arrays(n));
        if (n == 101)
            document["text"] = "zero \0 in it";
        if (n == 202)
            document.Add("text", "twice");
        return document;
    }

    private static BsonValue Key(int collection, int n) => (collection % 6) switch
    {
        0 => new ObjectId($"{n:x24}"),
        1 => n,
        2 => $"key {n}",
        3 => new BsonDocument { { "shop", n / 7 }, { "no", n % 7 }, { "", n } },
        4 => (n % 4) switch { 0 => n, 1 => $"{n - 1}", 2 => new ObjectId($"{n:x24}"), _ => new BsonInt64(long.MaxValue - n) },
        _ => new BsonDateTime(n),
    };

    private static BsonDocument Names(int n) => new()
    {
        { "a.b", n }, { "a", new BsonDocument { { "b", "nested" }, { "b.c", 1 }, { "", "no name" } } }, { "a_b", true }, { "", "no name" },
        { "$set", new BsonDocument("$gt", n) }, { "$", 1 }, { ".", 2 }, { "x..y", 3 }, { "id", n % 3 }, { "ID", "upper" }, { "iD", 1.5 },
        { "Name", "1" }, { "name", 2 }, { "NAME", true }, { "naMe", BsonNull.Value },
        { "select", 1 }, { "from", "x" }, { "user", 2 }, { "xmin", 3 }, { "tableoid", 4 }, { "extra", "own" }, { "ordinal", 5 },
        { "имя", "п" }, { "名前", "名" }, { "ß", 1 }, { "ẞ", 2 }, { "İ", 3 }, { "i̇", 4 }, { "e\u0301", 5 }, { "\u00e9", 6 }, { "😀", 7 }, { "\u202e", 8 }, { "\u0001", 9 },
        { L63, 1 }, { L63 + "x", 2 }, { L63 + "y", 3 }, { new string('ü', 64), 4 }, { new string('ü', 64) + "z", 5 }, { new string('k', 3_000), 6 },
        { "0", 1 }, { "null", 2 }, { "a: b # c", 3 }, { "- d", 4 }, { "'", 5 }, { "\"", 6 }, { "\\", 7 }, { "line\r\nend", 8 }, { "${HOME}", 9 }, { "%s{0}", 10 }, { "[bold]", 11 },
    };

    private static BsonDocument Values(int n) => new()
    {
        { "text", $"text {n}" },
        { "mixed", (n % 5) switch { 0 => n, 1 => $"{n}", 2 => new BsonDocument("a", n), 3 => new BsonArray { n }, _ => BsonNull.Value } },
        { "nearly", n == 77 ? "77" : n }, { "nulls", BsonNull.Value }, { "undefined", BsonUndefined.Value }, { "sometimes", n % 2 == 0 ? new BsonDocument("x", 1) : BsonNull.Value },
        { "int", (n % 3) switch { 0 => new BsonInt64(long.MaxValue), 1 => new BsonInt64(long.MinValue), _ => n } },
        { "double", (n % 6) switch { 0 => double.MaxValue, 1 => double.Epsilon, 2 => -0.0, 3 => double.NaN, 4 => double.NegativeInfinity, _ => 9007199254740993d } },
        { "decimal", (n % 4) switch { 0 => Decimal128.MaxValue, 1 => Decimal128.Parse("1E-6176"), 2 => Decimal128.Parse("1.10"), _ => Decimal128.Parse("-0") } },
        { "number", (n % 3) switch { 0 => n, 1 => new BsonInt64(9007199254740993), _ => 0.1 } },
        { "date", (n % 3) switch { 0 => new BsonDateTime(-210_866_803_200_000), 1 => new BsonDateTime(9_224_318_015_999_999), _ => new BsonDateTime(long.MaxValue) } },
        { "stamp", new BsonTimestamp(n, n) }, { "regex", new BsonRegularExpression("^\\$", "im") }, { "code", new BsonJavaScript("x") }, { "min", BsonMinKey.Value },
        { "uuid", new BsonBinaryData(new Guid(n, 1, 2, new byte[8]), GuidRepresentation.Standard) },
        { "bytes", new BsonBinaryData(new byte[n % 9], n % 2 == 0 ? BsonBinarySubType.Binary : BsonBinarySubType.UserDefined) },
        { "long", n == 5 ? new string('€', 400_000) : "" }, { "deep", Deep(n % 100) },
    };

    private static BsonDocument Arrays(int n) => new()
    {
        { "empty", new BsonArray() }, { "arrays", new BsonArray { new BsonArray { n }, new BsonArray { new BsonArray { "x" }, new BsonArray() } } },
        { "ints", new BsonArray(Enumerable.Range(0, n % 3)) }, { "gaps", new BsonArray { n, BsonNull.Value } }, { "odd", new BsonArray { 1, "1", 1.0 } },
        { "none", new BsonArray { BsonNull.Value } }, { "bare", new BsonArray { new BsonDocument() } },
        { "ref", new BsonDocument { { "$ref", "users" }, { "$id", new ObjectId($"{n:x24}") }, { "$db", "shop" } } },
        { "refs", new BsonArray { new BsonDocument { { "$ref", "users" }, { "$id", n } } } },
        {
            "pkey", new BsonArray(Enumerable.Range(0, n % 4).Select(i => new BsonDocument
            {
                { "id", i }, { "Id", "x" }, { "ordinal", i }, { "n", BsonNull.Value }, { "users_id", 1 }, { "a.b", i }, { "", i },
                { "inner", new BsonArray { new BsonDocument { { "select", i }, { L63 + L63, i } } } },
            }))
        },
        { "map", new BsonDocument($"key{n}", n) },
    };

    private static BsonValue Deep(int levels)
    {
        BsonValue value = levels;
        for (var level = 0; level < levels; level++)
            value = level % 2 == 0 ? new BsonDocument("d", value) : new BsonArray { value };
        return value;
    }
}
