using BenchmarkDotNet.Attributes;
using Migration.Worker.Mapping;
using Migration.Worker.Targets;

namespace Migration.Benchmarks.Micro;

/// <summary>The key and one column, of each type that products have: the walk over the document and the encoding.</summary>
public class MappingOne
{
    private static readonly RowBuffer s_rows = new(1 << 20);

    private readonly byte[][] _documents = Products.Documents();
    private RecordMapper? _mapper;

    [Params(
        "name: text", "stock: int4", "rating: float8", "price: \"numeric(18,2)\"", "tags: \"text[]\"", "images: jsonb",
        "at: { path: createdAt, type: timestamptz }", "vendor: { path: vendor.name, type: text }")]
    public string Column { get; set; } = "";

    [GlobalSetup]
    public void Compile() => _mapper = new RecordMapper(Products.Mapping(Column));

    [Benchmark(OperationsPerInvoke = Products.Count)]
    public int Map()
    {
        s_rows.Clear();
        foreach (var document in _documents)
            _mapper!.Map(document, s_rows);
        return s_rows.Bytes;
    }
}
