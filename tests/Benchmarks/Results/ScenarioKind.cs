namespace Migration.Benchmarks.Results;

internal enum ScenarioKind
{
    /// <summary>Brings rows into PostgreSQL; held against psql.</summary>
    Rows,

    /// <summary>Walks keys, or reads a source, and writes nothing.</summary>
    Reading,
}
