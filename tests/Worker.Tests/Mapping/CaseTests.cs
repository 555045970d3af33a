using Migration.Contracts.Migrations;
using Migration.Worker.Mapping;
using Migration.Worker.Targets;
using Migration.Worker.Tests.Targets;
using MongoDB.Bson;
using MongoDB.Bson.IO;
using MongoDB.Bson.Serialization;

namespace Migration.Worker.Tests.Mapping;

/// <summary>
/// Each folder under Cases is a document, a migration file, and either the row that PostgreSQL then holds (as
/// <c>to_jsonb</c> shows it) or the refusal: SQLSTATE, column, message. With children, the rows of each table by its name.
/// </summary>
public sealed class CaseTests(TargetFixture target) : IClassFixture<TargetFixture>
{
    private static readonly string Cases = Path.Combine(AppContext.BaseDirectory, "Cases");

    public static TheoryData<string> Mapped => [.. Names("expected.json")];

    public static TheoryData<string> Refused => [.. Names("error.txt")];

    [Theory]
    [MemberData(nameof(Mapped))]
    public async Task What_PostgreSQL_holds_is_what_the_document_said(string name)
    {
        var mapping = Mappings.Load(Read(name, "migration.yaml"), schema: name);
        using var rows = new RowBuffer();
        var mapper = new RecordMapper(mapping);
        using var children = mapper.NewChildRows();
        Assert.Null(mapper.Map(Document(name), rows, children));

        await using var connection = await target.OpenAsync();
        await TargetTables.EnsureAllAsync(connection, [mapping], CancellationToken.None);
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            var outcome = children is null
                ? await new TableWriter(mapping).WriteAsync(connection, transaction, rows, CancellationToken.None)
                : await new RecordWriter(mapping).WriteAsync(connection, transaction, rows, children, CancellationToken.None);
            Assert.Empty(outcome.Rejected);
            await transaction.CommitAsync();
        }

        var held = await connection.ScalarAsync<string>(children is null ? $"SELECT to_jsonb(t)::text FROM {mapping.Table.Quoted} t" : Tables(mapping));
        var expected = await connection.ScalarAsync<string>("SELECT $1::jsonb::text", Read(name, "expected.json"));
        Assert.Equal(expected, held);
    }

    /// <summary>One object of all tables' rows, each table's in the order of its key.</summary>
    private static string Tables(CollectionMapping mapping)
    {
        var tables = WantedTable.Of(mapping).Select(wanted => wanted.Mapping)
            .Select(table => $"'{table.Table.Name}', (SELECT jsonb_agg(to_jsonb(t) ORDER BY {string.Join(", ", table.PrimaryKey.Select(TableName.Quote))}) FROM {table.Table.Quoted} t)");
        return $"SELECT jsonb_build_object({string.Join(", ", tables)})::text";
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_refusal_names_the_field_the_value_the_column_and_the_knob(string name)
    {
        var mapping = Mappings.Load(Read(name, "migration.yaml"));
        using var rows = new RowBuffer();
        var mapper = new RecordMapper(mapping);
        using var children = mapper.NewChildRows();

        var rejection = mapper.Map(Document(name), rows, children);

        Assert.NotNull(rejection);
        Assert.Equal(RecordStage.Map, rejection.Stage);
        var said = $"{rejection.SqlState ?? "-"} {rejection.Column ?? "-"}: {rejection.Message}";
        Assert.Equal(Read(name, "error.txt").TrimEnd('\n'), said);
        Assert.Equal(0, rows.Count);
        Assert.Equal(0, rows.UnfinishedBytes);
        Assert.Equal((0, 0), (children?.Records ?? 0, children?.Bytes ?? 0));
    }

    private static IEnumerable<string> Names(string file) => Directory.GetDirectories(Cases)
        .Where(folder => File.Exists(Path.Combine(folder, file)))
        .Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal);

    private static string Read(string name, string file) => File.ReadAllText(Path.Combine(Cases, name, file));

    private static byte[] Document(string name)
    {
        using var reader = new JsonReader(Read(name, "document.json"));
        return BsonSerializer.Deserialize<BsonDocument>(reader).ToBson();
    }
}
