using System.Globalization;
using System.Net;
using System.Numerics;
using System.Text.Json;
using CsCheck;
using Migration.Worker.Mapping;
using Migration.Worker.Targets;
using Migration.Worker.Tests.Targets;
using MongoDB.Bson;

namespace Migration.Worker.Tests.Mapping;

/// <summary>Random values: what PostgreSQL holds is what the BSON said, by an independent reading of both.</summary>
public sealed class RoundTripTests(TargetFixture target) : IClassFixture<TargetFixture>
{
    private const int Values = 1000;

    private static readonly Gen<Decimal128> AnyDecimal =
        Gen.Select(Gen.Bool, Gen.Char['0', '9'].Array[1, 34], Gen.OneOf(Gen.Int[-40, 10], Gen.Int[-6176, 6111]))
            .Select((negative, digits, exponent) => Decimal128.Parse($"{(negative ? "-" : "")}{new string(digits)}E{exponent}"));

    private static readonly Gen<string> AnyText = Gen.OneOf(Gen.Char['\u0001', '\u007f'], Gen.Char['\u00a0', '\u07ff'], Gen.Char['\u2000', '\ud7ff'], Gen.Char['\ue000', '\uffef'])
        .Select(c => c.ToString()).Array[0, 30].Select(parts => string.Concat(parts) + "😀");

    private static readonly BsonValue[] Oddities =
        [new BsonDouble(-0.0), 1e20, double.NaN, BsonNull.Value, true, false, "", new BsonDateTime(-1)];

    [Fact]
    public Task Numeric_holds_every_Decimal128() =>
        AssertHeldAsync("numeric", AnyDecimal, d => new BsonDecimal128(d), d => d.ToString(), "v = x::numeric");

    [Fact]
    public Task Text_holds_every_Decimal128() =>
        AssertHeldAsync("text", AnyDecimal, d => new BsonDecimal128(d), d => d.ToString(), "v = x");

    [Fact]
    public Task Numeric_holds_every_double_s_shortest_decimal() => AssertHeldAsync(
        "numeric", Gen.Double.Where(double.IsFinite), d => new BsonDouble(d), d => d.ToString("R", null), "v = x::numeric");

    [Fact]
    public Task Float8_holds_every_double() => AssertHeldAsync(
        "float8", Gen.Double, d => new BsonDouble(d), d => Convert.ToHexStringLower(Bits(d)), "encode(float8send(v), 'hex') = x");

    [Fact]
    public Task Int8_holds_every_int64() =>
        AssertHeldAsync("int8", Gen.Long, l => new BsonInt64(l), l => $"{l}", "v = x::int8");

    [Fact]
    public Task Numeric_holds_every_int64() =>
        AssertHeldAsync("numeric", Gen.Long, l => new BsonInt64(l), l => $"{l}", "v = x::numeric");

    [Fact]
    public Task Text_holds_every_text() => AssertHeldAsync("text", AnyText, t => new BsonString(t), t => t, "v = x");

    [Fact]
    public Task Timestamptz_holds_every_date() => AssertHeldAsync(
        "timestamptz", Gen.Long[-210_866_803_200_000, 9_224_318_015_999_999], l => new BsonDateTime(l), l => $"{l}",
        "extract(epoch FROM v) * 1000 = x::numeric");

    [Fact]
    public Task Time_holds_every_time_of_day() => AssertHeldAsync(
        "time", Gen.Long[0, 86_399_999_999], us => TimeSpan.FromMicroseconds(us).ToString(@"hh\:mm\:ss\.ffffff", null), us => $"{us}",
        "extract(epoch FROM v) * 1000000 = x::numeric");

    // PostgreSQL reads the same text by itself.
    [Fact]
    public Task Interval_holds_every_interval() => AssertHeldAsync(
        "interval",
        Gen.Select(Gen.Int[-1_000_000, 1_000_000], Gen.Int[-1_000_000, 1_000_000], Gen.Long[-1_000_000_000_000, 1_000_000_000_000])
            .Select(i => string.Create(CultureInfo.InvariantCulture, $"P{i.Item1}M{i.Item2}DT{i.Item3 / 1_000_000m:0.######}S")),
        text => text, text => text, "v::text = x::interval::text");

    [Fact]
    public Task Inet_holds_every_address() => AssertHeldAsync(
        "inet",
        Gen.OneOf(Gen.Byte.Array[4], Gen.Byte.Array[16]).SelectMany(bytes => Gen.Int[0, bytes.Length * 8].Select(bits => $"{new IPAddress(bytes)}/{bits}")),
        text => text, text => text, "v = x::inet");

    [Fact]
    public Task Numeric_arrays_hold_every_Decimal128() => AssertHeldAsync(
        "numeric[]", AnyDecimal, d => new BsonArray { BsonNull.Value, new BsonDecimal128(d) }, d => d.ToString(),
        "v[1] IS NULL AND v[2] = x::numeric AND cardinality(v) = 2");

    [Fact]
    public void Numeric_18_2_takes_exactly_what_needs_no_rounding_and_no_more_digits()
    {
        var mapper = new RecordMapper(Mappings.Of("v", "numeric(18,2)"));
        Gen.Select(Gen.Long, Gen.Int[0, 6], Gen.Int[-8, 4]).Sample((number, zeros, exponent) =>
        {
            using var rows = new RowBuffer(64);
            var coefficient = number * BigInteger.Pow(10, zeros);
            var rejection = mapper.Map(
                new BsonDocument { { "_id", 1 }, { "v", Decimal128.Parse($"{coefficient}E{exponent}") } }.ToBson(), rows);

            // In hundredths: whole, and below 10^18.
            var (hundredths, rest) = exponent + 2 >= 0
                ? (coefficient * BigInteger.Pow(10, exponent + 2), BigInteger.Zero)
                : BigInteger.DivRem(coefficient, BigInteger.Pow(10, -exponent - 2)) is var (q, r) ? (q, r) : default;
            var fits = rest.IsZero && BigInteger.Abs(hundredths) < BigInteger.Pow(10, 18);
            Assert.True(fits == (rejection is null), $"{coefficient}E{exponent}: {rejection?.Message}");
        });
    }

    [Fact]
    public async Task Jsonb_holds_every_document()
    {
        var documents = Sample(AnyDocument(3));
        var held = await HeldAsync("jsonb", documents, "v::text");
        for (var i = 0; i < documents.Length; i++)
        {
            using var json = JsonDocument.Parse(held[i]);
            Assert.True(IsSame(documents[i], json.RootElement), $"{documents[i].ToJson()}\n{held[i]}");
        }
    }

    private static byte[] Bits(double value)
    {
        var bytes = BitConverter.GetBytes(value);
        Array.Reverse(bytes);
        return bytes;
    }

    private static Gen<BsonValue> AnyDocument(int depth) =>
        Gen.Select(AnyText, AnyValue(depth)).Array[0, 6].Select(fields =>
        {
            var document = new BsonDocument();
            foreach (var (name, value) in fields) document[name] = value;
            return (BsonValue)document;
        });

    private static Gen<BsonValue> AnyValue(int depth)
    {
        var scalar = Gen.OneOf(
            Gen.Int.Select(i => (BsonValue)i),
            Gen.Long.Select(l => (BsonValue)l),
            Gen.Double.Select(d => (BsonValue)d),
            Gen.Int[0, Oddities.Length - 1].Select(i => Oddities[i]),
            AnyText.Select(t => (BsonValue)t),
            AnyDecimal.Select(d => (BsonValue)new BsonDecimal128(d)),
            Gen.Byte.Array[12].Select(b => (BsonValue)new ObjectId(b)),
            Gen.Byte.Array[0, 20].Select(b => (BsonValue)new BsonBinaryData(b)),
            Gen.Long[0, 253_402_300_799_999].Select(l => (BsonValue)new BsonDateTime(l)));
        return depth == 0
            ? scalar
            : Gen.Frequency(
                (4, scalar),
                (1, AnyDocument(depth - 1)),
                (1, AnyValue(depth - 1).Array[0, 4].Select(a => (BsonValue)new BsonArray(a))));
    }

    private static bool IsSame(BsonValue bson, JsonElement json) => bson switch
    {
        BsonDocument d => json.EnumerateObject().Count() == d.ElementCount
            && d.Elements.All(e => json.TryGetProperty(e.Name, out var value) && IsSame(e.Value, value)),
        BsonArray a => json.GetArrayLength() == a.Count && a.Zip(json.EnumerateArray()).All(p => IsSame(p.First, p.Second)),
        BsonInt32 or BsonInt64 => json.GetInt64() == bson.ToInt64(),
        BsonDouble d when double.IsFinite(d.Value) && !(d.Value == 0 && double.IsNegative(d.Value)) => json.GetDouble().Equals(d.Value),
        BsonDouble d => double.Parse(json.GetProperty("$numberDouble").GetString()!).Equals(d.Value),
        BsonDecimal128 d => json.GetProperty("$numberDecimal").GetString() == d.Value.ToString(),
        BsonObjectId o => json.GetProperty("$oid").GetString() == o.Value.ToString(),
        BsonBinaryData b => json.GetProperty("$binary").GetProperty("base64").GetBytesFromBase64().AsSpan().SequenceEqual(b.Bytes),
        BsonDateTime { MillisecondsSinceEpoch: < 0 } t =>
            json.GetProperty("$date").GetProperty("$numberLong").GetString() == $"{t.MillisecondsSinceEpoch}",
        BsonDateTime t => json.GetProperty("$date").GetDateTimeOffset().ToUnixTimeMilliseconds() == t.MillisecondsSinceEpoch,
        BsonString s => json.GetString() == s.Value,
        BsonBoolean b => json.GetBoolean() == b.Value,
        BsonNull => json.ValueKind == JsonValueKind.Null,
        _ => false,
    };

    private static T[] Sample<T>(Gen<T> values)
    {
        var sampled = Array.Empty<T>();
        // One sample of the wanted size, anew in each run: a failure prints the value itself, not a seed.
        values.Array[Values].Sample(v => sampled = v, iter: 1, threads: 1);
        return sampled;
    }

    /// <param name="condition">SQL over v, what is held, and x, what is expected as text.</param>
    private async Task AssertHeldAsync<T>(
        string type, Gen<T> values, Func<T, BsonValue> toBson, Func<T, string> toText, string condition)
    {
        var sampled = Sample(values);
        var held = await HeldAsync(type, [.. sampled.Select(toBson)], "v::text", condition, [.. sampled.Select(toText)]);
        Assert.Equal(sampled.Length, held.Length);
    }

    /// <summary>Maps and writes the values, and returns what is held as text, where the condition is true.</summary>
    private async Task<string[]> HeldAsync(
        string type, BsonValue[] values, string select, string condition = "true", string[]? expected = null)
    {
        var schema = $"s{Guid.NewGuid():N}";
        var mapping = Mappings.Of("v", type, schema);
        var mapper = new RecordMapper(mapping);
        using var rows = new RowBuffer();
        for (var i = 0; i < values.Length; i++)
        {
            var rejection = mapper.Map(new BsonDocument { { "_id", i }, { "v", values[i] } }.ToBson(), rows);
            Assert.True(rejection is null, rejection?.Message);
        }

        await using var connection = await target.OpenAsync();
        await TargetTables.EnsureAllAsync(connection, [mapping], CancellationToken.None);
        await using var transaction = await connection.BeginTransactionAsync();
        var outcome = await new TableWriter(mapping).WriteAsync(connection, transaction, rows, CancellationToken.None);
        Assert.Empty(outcome.Rejected);
        Assert.Equal(values.Length, outcome.Written);
        var wrong = await connection.ScalarAsync<string[]>(
            $"SELECT coalesce(array_agg(x || ' became ' || v::text), '{{}}') FROM {mapping.Table.Quoted} "
            + $"JOIN unnest($1) WITH ORDINALITY u (x, n) ON id = n - 1 WHERE ({condition}) IS NOT TRUE",
            (object)(expected ?? [.. values.Select(_ => "")]));
        Assert.Empty(wrong);
        return await connection.ScalarAsync<string[]>($"SELECT array_agg({select} ORDER BY id) FROM {mapping.Table.Quoted}");
    }
}
