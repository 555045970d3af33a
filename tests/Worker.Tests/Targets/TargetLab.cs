using Migration.Contracts.Migrations;
using Migration.Worker.Mapping;
using Migration.Worker.Targets;
using Migration.Worker.Tests.Mapping;
using MongoDB.Bson;
using Npgsql;

namespace Migration.Worker.Tests.Targets;

/// <summary>A table of products in a schema of the test's own, and batches for it.</summary>
internal sealed class TargetLab
{
    private readonly TargetFixture _target;

    public TargetLab(TargetFixture target)
    {
        _target = target;
        Mapping = Mappings.Load(
            """
            collections:
              - name: products
                primaryKey: id
                columns:
                  id: { path: _id, type: int }
                  sku: text
                  stock: int
                  vendor: int
            """,
            Schema);
    }

    public string Schema { get; } = $"s{Guid.NewGuid():N}";

    public CollectionMapping Mapping { get; }

    /// <summary>Product i has the stock i and the vendor i % 10.</summary>
    public static BsonDocument[] Documents(int count, int first = 0) => [.. Enumerable.Range(first, count).Select(i =>
        new BsonDocument { { "_id", i }, { "sku", $"sku{i}" }, { "stock", i }, { "vendor", i % 10 } })];

    public static RowBuffer Map(CollectionMapping mapping, IEnumerable<BsonDocument> documents)
    {
        var rows = new RowBuffer();
        var mapper = new RecordMapper(mapping);
        foreach (var document in documents) Assert.Null(mapper.Map(document.ToBson(), rows));
        return rows;
    }

    public Task<NpgsqlConnection> OpenAsync() => _target.OpenAsync();

    /// <param name="setup">SQL in which {0} stands for the schema.</param>
    public async Task<NpgsqlConnection> PrepareAsync(CollectionMapping mapping, string setup = "")
    {
        var connection = await OpenAsync();
        await TargetTables.EnsureAllAsync(connection, [mapping], CancellationToken.None);
        if (setup.Length > 0) await connection.ExecuteAsync(setup.Replace("{0}", Schema, StringComparison.Ordinal));
        return connection;
    }

    public static async Task<WriteOutcome> WriteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, CollectionMapping mapping, BsonDocument[] documents)
    {
        using var rows = Map(mapping, documents);
        return await new TableWriter(mapping).WriteAsync(connection, transaction, rows, CancellationToken.None);
    }

    public static Task<WriteOutcome> CommitAsync(NpgsqlConnection connection, CollectionMapping mapping, BsonDocument[] documents) =>
        CommitAsync(connection, new TableWriter(mapping), mapping, documents);

    public static async Task<WriteOutcome> CommitAsync(
        NpgsqlConnection connection, TableWriter writer, CollectionMapping mapping, BsonDocument[] documents)
    {
        using var rows = Map(mapping, documents);
        await using var transaction = await connection.BeginTransactionAsync();
        var outcome = await writer.WriteAsync(connection, transaction, rows, CancellationToken.None);
        await transaction.CommitAsync();
        return outcome;
    }

    public Task<long> CountAsync(NpgsqlConnection connection) =>
        connection.ScalarAsync<long>($"SELECT count(*) FROM {Schema}.products");

    public Task<string> SkuAsync(NpgsqlConnection connection, int id) =>
        connection.ScalarAsync<string>($"SELECT sku FROM {Schema}.products WHERE id = $1", id);
}
