using Migration.Worker.Targets;
using Migration.Worker.Tests.Mapping;
using MongoDB.Bson;

namespace Migration.Worker.Tests.Targets;

public sealed class ProbedBatchTests(TargetFixture target) : IClassFixture<TargetFixture>
{
    private const int Rows = 500;

    private readonly TargetLab _lab = new(target);

    public static TheoryData<string> Constraints =>
    [
        "ALTER TABLE {0}.products ADD CHECK (vendor < 50 AND stock >= 0)",
        "ALTER TABLE {0}.products ADD low int GENERATED ALWAYS AS (nullif(greatest(vendor, 49), 50) + 0 * stock) STORED NOT NULL",
        "CREATE UNIQUE INDEX ON {0}.products (sku); INSERT INTO {0}.products VALUES (-1, 'flawed')",
        "ALTER TABLE {0}.products ADD UNIQUE (sku, vendor); INSERT INTO {0}.products VALUES (-1, 'flawed', 0, 50)",
        Vendors + "REFERENCES {0}.v",
        Vendors + "REFERENCES {0}.v DEFERRABLE INITIALLY DEFERRED",
        "CREATE TABLE {0}.p (b int, a text, PRIMARY KEY (a, b)); INSERT INTO {0}.p SELECT v, 'sku' || i FROM generate_series(0, 9) v, generate_series(0, 1999) i;"
            + "ALTER TABLE {0}.products ADD FOREIGN KEY (vendor, sku) REFERENCES {0}.p (b, a)",
    ];

    private const string Vendors =
        "CREATE TABLE {0}.v (id int PRIMARY KEY); INSERT INTO {0}.v SELECT generate_series(0, 49); ALTER TABLE {0}.products ADD FOREIGN KEY (vendor) ";

    /// <summary>Notes how many rows each statement brought in.</summary>
    private const string CountStatements =
        """
        CREATE TABLE {0}.statements (rows int);
        CREATE FUNCTION {0}.count() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN EXECUTE format('INSERT INTO %I.statements SELECT count(*) FROM fresh', TG_TABLE_SCHEMA); RETURN NULL; END $$;
        CREATE TRIGGER count AFTER INSERT ON {0}.products REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION {0}.count();
        """;

    [Theory]
    [MemberData(nameof(Constraints))]
    public async Task Once_a_constraint_has_refused_rows_all_that_it_would_take_goes_in_by_one_COPY(string constraint)
    {
        await using var connection = await _lab.PrepareAsync(_lab.Mapping, $"{constraint}; {CountStatements}");
        var writer = new TableWriter(_lab.Mapping);
        int[] flawed = [0, 7, 8, 250, Rows - 1];
        await TargetLab.CommitAsync(connection, writer, _lab.Mapping, Documents(0, flawed));
        await connection.ExecuteAsync($"TRUNCATE {_lab.Schema}.statements");

        var second = await TargetLab.CommitAsync(connection, writer, _lab.Mapping, Documents(Rows, flawed));

        Assert.Equal(flawed, second.Rejected.Select(r => r.Row));
        Assert.Equal(Rows - flawed.Length, second.Written);
        Assert.Equal(Rows - flawed.Length, await connection.ScalarAsync<int>($"SELECT max(rows) FROM {_lab.Schema}.statements"));
    }

    [Fact]
    public async Task Of_rows_with_one_key_in_a_batch_the_first_is_written()
    {
        await using var connection = await _lab.PrepareAsync(_lab.Mapping, $"ALTER TABLE {{0}}.products ADD CHECK (stock <> 1004); {CountStatements}");
        var writer = new TableWriter(_lab.Mapping);
        var repeated = TargetLab.Documents(3);
        repeated[2]["_id"] = 1;
        repeated[0]["stock"] = 1004;
        await TargetLab.CommitAsync(connection, writer, _lab.Mapping, repeated);
        var documents = TargetLab.Documents(10, 1000);
        documents[7]["_id"] = documents[3]["_id"];
        documents[8]["_id"] = documents[4]["_id"]; // the check refuses row 4, and so this one is the first

        var outcome = await TargetLab.CommitAsync(connection, writer, _lab.Mapping, documents);

        Assert.Equal([(4, "23514"), (7, "23505")], outcome.Rejected.Select(r => (r.Row, r.Rejection.SqlState!)));
        Assert.Equal(("sku1003", "sku1008"), (await _lab.SkuAsync(connection, 1003), await _lab.SkuAsync(connection, 1004)));
    }

    [Fact]
    public async Task A_suspect_that_PostgreSQL_takes_is_written()
    {
        await using var connection = await _lab.PrepareAsync(
            _lab.Mapping, $"ALTER TABLE {{0}}.products ADD CONSTRAINT few CHECK (vendor < 50); {CountStatements}");
        var writer = new TableWriter(_lab.Mapping);
        await TargetLab.CommitAsync(connection, writer, _lab.Mapping, Documents(0, [3]));
        await connection.ExecuteAsync(
            $"ALTER TABLE {_lab.Schema}.products DROP CONSTRAINT few, ADD CONSTRAINT few CHECK (vendor < 60); TRUNCATE {_lab.Schema}.statements");

        var outcome = await TargetLab.CommitAsync(connection, writer, _lab.Mapping, Documents(Rows, [3]));

        Assert.Empty(outcome.Rejected);
        Assert.Equal(Rows, outcome.Written);
        Assert.Equal(Rows - 1, await connection.ScalarAsync<int>($"SELECT max(rows) FROM {_lab.Schema}.statements"));
    }

    [Fact]
    public async Task What_nobody_suspected_is_found_all_the_same()
    {
        await using var connection = await _lab.PrepareAsync(_lab.Mapping, "ALTER TABLE {0}.products ADD CHECK (vendor < 50), ADD CHECK (stock <> 519)");
        var writer = new TableWriter(_lab.Mapping);
        await TargetLab.CommitAsync(connection, writer, _lab.Mapping, Documents(0, [3]));

        var outcome = await TargetLab.CommitAsync(connection, writer, _lab.Mapping, Documents(Rows, [3]));

        Assert.Equal([3, 19], outcome.Rejected.Select(r => r.Row));
        Assert.Equal(Rows - 2, outcome.Written);
    }

    [Fact]
    public async Task A_question_that_fails_is_not_asked_again_and_the_batch_is_written_without()
    {
        await using var connection = await _lab.PrepareAsync(_lab.Mapping, "ALTER TABLE {0}.products ADD CHECK (100 / stock < 100)");
        var writer = new TableWriter(_lab.Mapping);
        await TargetLab.CommitAsync(connection, writer, _lab.Mapping, TargetLab.Documents(10, first: 1));
        var outcomes = new List<WriteOutcome>();

        for (var batch = 1; batch <= 2; batch++)
        {
            var documents = TargetLab.Documents(10, batch * 100);
            documents[2]["stock"] = 1;
            documents[5]["stock"] = 0;
            outcomes.Add(await TargetLab.CommitAsync(connection, writer, _lab.Mapping, documents));
        }

        Assert.All(outcomes, outcome => Assert.Equal([(2, "23514"), (5, "22012")], outcome.Rejected.Select(r => (r.Row, r.Rejection.SqlState!))));
    }

    [Fact]
    public async Task Columns_may_be_named_as_nobody_would()
    {
        var mapping = Mappings.Load(
            """
            collections:
              - name: products
                primaryKey: "a{0}\"b"
                columns:
                  "a{0}\"b": { path: _id, type: int }
                  "#": { path: stock, type: int }
                  nth: { path: stock, type: int }
                  number: { path: vendor, type: int }
            """,
            _lab.Schema);
        await using var connection = await _lab.PrepareAsync(mapping, $"ALTER TABLE {{0}}.products ADD CHECK (\"#\" <> 7), ADD UNIQUE (nth, number); {CountStatements}");
        var writer = new TableWriter(mapping);
        WriteOutcome? last = null;

        for (var batch = 0; batch < 3; batch++)
        {
            var documents = TargetLab.Documents(20, 1000 * batch);
            documents[2]["stock"] = 7;
            documents[4]["_id"] = documents[3]["_id"];
            documents[6]["stock"] = documents[16]["stock"];
            documents[6]["vendor"] = documents[16]["vendor"];
            await connection.ExecuteAsync($"TRUNCATE {_lab.Schema}.statements");
            last = await TargetLab.CommitAsync(connection, writer, mapping, documents);
        }

        Assert.Equal([(2, "23514"), (4, "23505"), (16, "23505")], last!.Rejected.Select(r => (r.Row, r.Rejection.SqlState!)));
        Assert.Equal(17, await connection.ScalarAsync<int>($"SELECT max(rows) FROM {_lab.Schema}.statements"));
    }

    /// <summary>The flawed ones have the vendor 50 and one sku.</summary>
    private static BsonDocument[] Documents(int first, int[] flawed)
    {
        var documents = TargetLab.Documents(Rows, first);
        foreach (var row in flawed)
        {
            documents[row]["vendor"] = 50;
            documents[row]["sku"] = "flawed";
        }

        return documents;
    }
}
