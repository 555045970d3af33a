using BenchmarkDotNet.Attributes;
using Migration.Worker.Mapping;
using MongoDB.Bson;
using MongoDB.Bson.Serialization;

namespace Migration.Benchmarks.Micro;

/// <summary>Reading all of a product's fields.</summary>
public class Decoding
{
    private readonly byte[][] _documents = Products.Documents();

    [Benchmark(Baseline = true, OperationsPerInvoke = Products.Count, Description = "into a BsonDocument")]
    public int ToDocuments()
    {
        var fields = 0;
        foreach (var document in _documents)
            fields += BsonSerializer.Deserialize<BsonDocument>(document).ElementCount;
        return fields;
    }

    [Benchmark(OperationsPerInvoke = Products.Count, Description = "by spans, to the last subdocument")]
    public int BySpans()
    {
        var faults = 0;
        foreach (var document in _documents)
            faults += (int)BsonSpanReader.Check(document);
        return faults;
    }
}
