namespace Migration.Benchmarks.Scenarios;

/// <summary>What must be there besides PostgreSQL.</summary>
[Flags]
internal enum ScenarioNeeds
{
    None = 0,

    /// <summary>COPY's files of all rows, beside the dump.</summary>
    Copies = 1,

    RabbitMq = 2,

    /// <summary>A server that speaks MongoDB's protocol, with products in it.</summary>
    Source = 4,

    /// <summary>Python with pymongo and psycopg2.</summary>
    Python = 8,

    /// <summary>A second PostgreSQL, which has the extension mongo_fdw. Where there is none, a run does without what needs it.</summary>
    MongoFdw = 16,
}
