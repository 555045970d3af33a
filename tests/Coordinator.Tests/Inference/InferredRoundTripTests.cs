using Migration.Contracts.Migrations;
using Migration.Coordinator.Inference;
using Migration.TestServers;
using Migration.Worker.Mapping;
using Migration.Worker.Sources;
using Migration.Worker.Targets;
using MongoDB.Bson;
using Npgsql;

namespace Migration.Coordinator.Tests.Inference;

/// <summary>Random collections: whatever documents hold, the mapping inferred from them takes them all and loses nothing.</summary>
public sealed class InferredRoundTripTests
{
    private const int Collections = 60;
    private const int Documents = 120;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_row_by_the_inferred_mapping_holds_all_that_its_document_said()
    {
        await using var database = await Postgres.CreateDatabaseAsync(Cancellation);
        await using var connection = await database.DataSource.OpenConnectionAsync(Cancellation);
        for (var seed = 1; seed <= Collections; seed++)
        {
            var documents = new RandomCollection(seed).Documents(Documents);
            var mapping = Infer(documents, $"c{seed}");
            var rows = await WriteAndReadAsync(connection, mapping, documents, seed);
            for (var i = 0; i < documents.Count; i++)
            {
                var difference = HeldDocument.Difference(mapping, documents[i], rows[i]);
                Assert.True(difference is null, $"seed {seed}, document {i}: {difference}");
            }
        }
    }

    [Fact]
    public async Task A_row_of_as_many_columns_as_are_inferred_fits_into_a_page()
    {
        await using var database = await Postgres.CreateDatabaseAsync(Cancellation);
        await using var connection = await database.DataSource.OpenConnectionAsync(Cancellation);
        BsonValue[] kinds = [true, 1L, "a text of twenty-two..", 0.5, new BsonArray { "x" }, new BsonDateTime(0), "longer than a pointer to where it is kept"];
        for (var shift = 1; shift <= kinds.Length; shift++)
        {
            var document = new BsonDocument { { "_id", 1 }, { RandomCollection.Ordinal, 0 } };
            for (var i = 0; i < 2_500; i++)
                document[$"f{i}"] = kinds[i % shift];
            var mapping = Infer([document], $"wide{shift}");

            var rows = await WriteAndReadAsync(connection, mapping, [document], shift);

            Assert.Null(HeldDocument.Difference(mapping, document, rows[0]));
        }
    }

    [Fact]
    public void What_the_mapping_refuses_was_said_in_the_file()
    {
        var documents = new RandomCollection(7).Documents(300);
        documents[3].Set("note", "a\0b");
        foreach (var document in documents.Where(document => !document.Contains("note")))
            document["note"] = "fine";

        using var profile = Profile(documents);
        var collection = new InferredCollection(profile, "c");
        var note = Assert.Single(collection.Columns, column => column.Name == "note");

        Assert.Equal(new ColumnType(ColumnKind.Text), note.Choice.Type);
        Assert.Equal(1, note.Choice.Refused);
        Assert.Contains("1 of the values seen cannot be text", File(collection).Text(), StringComparison.Ordinal);
    }

    private static CollectionProfile Profile(IEnumerable<BsonDocument> documents)
    {
        var profile = new CollectionProfile("things");
        foreach (var document in documents)
            profile.Add(new SourceRecord(document.ToBson()));
        return profile;
    }

    private static InferredFile File(InferredCollection collection)
        => new(new SourceSettings { Uri = "mongodb://localhost/shop", Database = "shop" }, [collection]);

    /// <summary>By way of the file's text, as a user would load it.</summary>
    private static CollectionMapping Infer(List<BsonDocument> documents, string table)
    {
        using var profile = Profile(documents);
        var text = File(new InferredCollection(profile, table)).Text();
        return MigrationFileLoader.LoadText(text, "inferred.yaml", name => name switch
        {
            "MIGRATION_SOURCE" => "mongodb://localhost/shop",
            "MIGRATION_TARGET" => "postgres://localhost/shop",
            _ => null,
        }).Collections[0];
    }

    /// <summary>Rows in the order of the documents.</summary>
    private static async Task<List<string?[]>> WriteAndReadAsync(
        NpgsqlConnection connection, CollectionMapping mapping, List<BsonDocument> documents, int seed)
    {
        using var rows = new RowBuffer();
        var mapper = new RecordMapper(mapping);
        foreach (var document in documents)
        {
            var rejection = mapper.Map(document.ToBson(), rows);
            Assert.True(rejection is null, $"seed {seed}: {rejection?.Message} {document}");
        }

        await TargetTables.EnsureAllAsync(connection, [mapping], Cancellation);
        await using (var transaction = await connection.BeginTransactionAsync(Cancellation))
        {
            var outcome = await new TableWriter(mapping).WriteAsync(connection, transaction, rows, Cancellation);
            Assert.True(outcome.Rejected.Count == 0, $"seed {seed}: {outcome.Rejected.Select(r => r.Rejection.Message).FirstOrDefault()}");
            await transaction.CommitAsync(Cancellation);
        }

        var ordinal = mapping.Columns.Single(column => column.Path is [RandomCollection.Ordinal]);
        var held = new List<string?[]>();
        await using var command = new NpgsqlCommand($"{HeldDocument.Select(mapping)} ORDER BY {mapping.Table.Quoted}.{TableName.Quote(ordinal.Name)}", connection);
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        while (await reader.ReadAsync(Cancellation))
            held.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : reader.GetString(i))]);
        Assert.Equal(documents.Count, held.Count);
        return held;
    }
}
