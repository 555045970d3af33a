using Migration.Worker.Mapping;
using Migration.Worker.Targets;
using Migration.Worker.Tests.Targets;
using MongoDB.Bson;
using MongoDB.Bson.IO;
using MongoDB.Bson.Serialization;

namespace Migration.Worker.Tests.Mapping;

/// <summary>
/// Each folder under Cases is a document, a migration file, and either the row that PostgreSQL then holds (as
/// <c>to_jsonb</c> shows it) or the refusal: SQLSTATE, column, message.
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
        var rejection = new RecordMapper(mapping).Map(Document(name), rows);
        Assert.Null(rejection);

        await using var connection = await target.OpenAsync();
        await TargetTables.EnsureAllAsync(connection, [mapping], CancellationToken.None);
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            var outcome = await new TableWriter(mapping).WriteAsync(connection, transaction, rows, CancellationToken.None);
            Assert.Empty(outcome.Rejected);
            await transaction.CommitAsync();
        }

        var held = await connection.ScalarAsync<string>($"SELECT to_jsonb(t)::text FROM {mapping.Table.Quoted} t");
        var expected = await connection.ScalarAsync<string>("SELECT $1::jsonb::text", Read(name, "expected.json"));
        Assert.Equal(expected, held);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_refusal_names_the_field_the_value_the_column_and_the_knob(string name)
    {
        var mapping = Mappings.Load(Read(name, "migration.yaml"));
        using var rows = new RowBuffer();

        var rejection = new RecordMapper(mapping).Map(Document(name), rows);

        Assert.NotNull(rejection);
        Assert.Equal(RecordStage.Map, rejection.Stage);
        var said = $"{rejection.SqlState ?? "-"} {rejection.Column ?? "-"}: {rejection.Message}";
        Assert.Equal(Read(name, "error.txt").TrimEnd('\n'), said);
        Assert.Equal(0, rows.Count);
        Assert.Equal(0, rows.UnfinishedBytes);
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
