using Migration.Benchmarks.Commands;

namespace Migration.Benchmarks.Scenarios;

/// <summary>All scenarios there are, in the order in which results show them.</summary>
internal static class Catalogue
{
    /// <summary>What all that write rows are held against.</summary>
    public const string Reference = "psql-1";

    public const string Core = "core";

    public const string All = "all";

    public static IReadOnlyList<Scenario> Scenarios { get; } =
    [
        new PsqlCopy(inHalves: false) { Name = Reference, Title = "`psql \\copy`, binary, one stream", IsCore = true },
        new PsqlCopy(inHalves: true) { Name = "psql-2", Title = "`psql \\copy`, binary, two streams of half the rows each", IsCore = true },
        Own("in-process", "ours, one process, 1 worker", new OwnSetup(), isCore: true),
        Own("in-process-one-slice", "ours, one process, 1 worker with 1 slice in hand", new OwnSetup { SlicesInHand = 1 }, isCore: true),
        Own("rabbitmq-1", "ours, RabbitMQ, 1 worker", new OwnSetup { ByBroker = true }, isCore: true),
        Own("rabbitmq-2", "ours, RabbitMQ, 2 workers", new OwnSetup { ByBroker = true, Workers = 2 }, isCore: true),
        Own("rabbitmq-4", "ours, RabbitMQ, 4 workers", new OwnSetup { ByBroker = true, Workers = 4 }),
        Own("rabbitmq-1-of-1000", "ours, RabbitMQ, 1 worker, slices of 1,000", new OwnSetup { ByBroker = true, SliceRecords = 1_000 }, isCore: true),
        Own("rabbitmq-2-of-1000", "ours, RabbitMQ, 2 workers, slices of 1,000", new OwnSetup { ByBroker = true, Workers = 2, SliceRecords = 1_000 }),
        Own("rabbitmq-4-of-1000", "ours, RabbitMQ, 4 workers, slices of 1,000", new OwnSetup { ByBroker = true, Workers = 4, SliceRecords = 1_000 }),
        Own("rabbitmq-2-of-10", "ours, RabbitMQ, 2 workers, slices of 10", new OwnSetup { ByBroker = true, Workers = 2, SliceRecords = 10 }, isLong: true),
        Own("in-process-of-10000", "ours, one process, slices of 10,000", new OwnSetup { SliceRecords = 10_000 }),
        Own("in-process-of-1000", "ours, one process, slices of 1,000", new OwnSetup { SliceRecords = 1_000 }),
        Own("in-process-of-100", "ours, one process, slices of 100", new OwnSetup { SliceRecords = 100 }),
        Own("overwrite", "ours, one process, `overwrite`, empty table", new OwnSetup { OnConflict = "overwrite" }, isCore: true),
        Own("overwrite-full", "ours, one process, `overwrite`, every row there already", new OwnSetup { OnConflict = "overwrite", IntoFull = true }),
        new PythonLoop(inBatches: true, fromServer: false) { Name = "python-copy", Title = "Python, `COPY` of 1,000 rows at a time", IsCore = true },
        new PythonLoop(inBatches: false, fromServer: false) { Name = "python", Title = "Python, one row at a time (a sample)", IsCore = true },
        Own("server", "ours, one process, 1 worker, from a server", new OwnSetup { FromServer = true }),
        new PythonLoop(inBatches: true, fromServer: true) { Name = "server-python-copy", Title = "Python from a server, `COPY` of 1,000 rows at a time" },
        new PythonLoop(inBatches: false, fromServer: true) { Name = "server-python", Title = "Python from a server, one row at a time (a sample)" },
        new MongoFdw(asDocuments: false)
        {
            Name = "server-mongo-fdw", Title = "`mongo_fdw` from a server, column by column",
            Remark = "`INSERT ... SELECT` into PostgreSQL 18, 12 of the 13 columns: it knows no Decimal128, so `price` stays null.",
        },
        new MongoFdw(asDocuments: true)
        {
            Name = "server-mongo-fdw-json", Title = "`mongo_fdw` from a server, out of JSON",
            Remark = "`INSERT ... SELECT` into PostgreSQL 18, all 13 columns, taken by the query out of the whole document as jsonb.",
        },
        new PsqlCopy(inHalves: false, intoMongoFdw: true) { Name = "psql-18", Title = "`psql \\copy`, binary, one stream, into PostgreSQL 18" },
        new SourceReading(ReadingCommands.Walk, fromServer: false) { Name = "walk", Title = "the planner's walk over a dump", IsCore = true },
        new SourceReading(ReadingCommands.Walk, fromServer: true) { Name = "server-walk", Title = "the planner's walk over a server" },
        new SourceReading(ReadingCommands.Keys, fromServer: true) { Name = "server-keys", Title = "reading the server's index on `_id` once" },
        new SourceReading(ReadingCommands.Documents, fromServer: true) { Name = "server-documents", Title = "reading the server's documents once, undecoded" },
    ];

    /// <param name="names">Of scenarios, or <see cref="Core"/> or <see cref="All"/>; empty for <see cref="All"/>, which are all but the long ones. Order and repetition do not matter.</param>
    /// <exception cref="BenchException">A name is not known.</exception>
    public static IReadOnlyList<Scenario> Choose(IReadOnlyCollection<string> names)
    {
        var unknown = names.Where(name => name is not (Core or All) && Scenarios.All(s => s.Name != name)).ToList();
        if (unknown.Count > 0)
            throw new BenchException($"No scenario is named {string.Join(", ", unknown)}; --list shows them.");
        return WithReference([.. Scenarios.Where(scenario => (names.Count == 0 ? [All] : names).Any(name => Fits(scenario, name)))]);
    }

    private static bool Fits(Scenario scenario, string name) => name switch
    {
        All => !scenario.IsLong,
        Core => scenario.IsCore,
        _ => scenario.Name == name,
    };

    private static IReadOnlyList<Scenario> WithReference(IReadOnlyList<Scenario> chosen) =>
        chosen[0].Name == Reference || chosen.All(scenario => scenario.Kind == Results.ScenarioKind.Reading)
            ? chosen
            : [Scenarios[0], .. chosen];

    private static OwnMigration Own(string name, string title, OwnSetup setup, bool isCore = false, bool isLong = false)
        => new(setup) { Name = name, Title = title, IsCore = isCore, IsLong = isLong };
}
