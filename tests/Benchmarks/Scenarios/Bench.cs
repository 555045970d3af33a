using Migration.Benchmarks.Preparing;

namespace Migration.Benchmarks.Scenarios;

/// <summary>What scenarios run with.</summary>
/// <param name="Broker">Null when none of them needs one; as is the source.</param>
/// <param name="MongoFdw">The server that has this extension; null when none of them needs it.</param>
/// <param name="Folder">For files of one attempt; empty before each.</param>
/// <param name="Sample">Rows at most for ways that are too slow for all of them.</param>
internal sealed record Bench(
    BenchServer Server, BenchData Data, Uri? Broker, SourceServer? Source, BenchServer? MongoFdw, string Folder, long Sample)
{
    public Uri RequiredBroker => Broker ?? throw new BenchException("MIGRATION_TEST_RABBITMQ is not set: this needs a RabbitMQ server; ./bench.sh starts one.");

    public SourceServer RequiredSource => Source ?? throw new BenchException("MIGRATION_TEST_MONGODB is not set: this needs a server to read from; ./bench.sh starts one.");

    public BenchServer RequiredMongoFdw => MongoFdw ?? throw new BenchException($"{MongoFdwServer.Variable} is not set: this needs PostgreSQL with mongo_fdw; ./bench.sh starts one.");
}
