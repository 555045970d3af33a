using BenchmarkDotNet.Attributes;
using Migration.Worker.Mapping;
using Migration.Worker.Targets;
using MongoDB.Bson;
using MongoDB.Bson.Serialization;

namespace Migration.Benchmarks.Micro;

/// <summary>A product's 13 columns.</summary>
public class MappingAll
{
    private static readonly RowBuffer s_rows = new(1 << 20);

    private readonly byte[][] _documents = Products.Documents();
    private readonly RecordMapper _mapper = new(Products.Mapping());
    private readonly object?[] _values = new object?[13];

    /// <summary>What a plain program does before it hands the values to a driver that encodes them.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Products.Count, Description = "BsonDocument to values, not encoded")]
    public int ToValues()
    {
        var filled = 0;
        foreach (var bytes in _documents)
        {
            Fill(BsonSerializer.Deserialize<BsonDocument>(bytes));
            filled += _values.Length;
        }

        return filled;
    }

    [Benchmark(OperationsPerInvoke = Products.Count, Description = "bytes to COPY's rows, encoded")]
    public int ToRows()
    {
        s_rows.Clear();
        var refused = 0;
        foreach (var document in _documents)
            refused += _mapper.Map(document, s_rows) is null ? 0 : 1;
        return refused == 0 ? s_rows.Bytes : throw new InvalidOperationException($"{refused} products were refused");
    }

    private void Fill(BsonDocument product)
    {
        var vendor = product["vendor"].AsBsonDocument;
        _values[0] = product["_id"].AsObjectId.ToString();
        _values[1] = product["sku"].AsString;
        _values[2] = product["name"].AsString;
        _values[3] = product["description"].AsString;
        _values[4] = vendor["name"].AsString;
        _values[5] = vendor["address"]["country"].AsString;
        _values[6] = Decimal128.ToDecimal(product["price"].AsDecimal128);
        _values[7] = product["stock"].AsInt32;
        _values[8] = product["active"].AsBoolean;
        _values[9] = product["tags"].AsBsonArray.Select(tag => tag.AsString).ToArray();
        _values[10] = product["images"].ToJson();
        _values[11] = product["createdAt"].ToUniversalTime();
        _values[12] = product.TryGetValue("rating", out var rating) ? rating.AsDouble : null;
    }
}
