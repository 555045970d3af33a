using Migration.Contracts.Migrations;
using Migration.Worker.Mapping;
using Migration.Worker.Targets;
using Migration.Worker.Tests.Mapping;
using MongoDB.Bson;
using Npgsql;

namespace Migration.Worker.Tests.Targets;

public sealed class RowByRowTests(TargetFixture target) : IClassFixture<TargetFixture>
{
    private const int Rows = 2000;

    private readonly TargetLab _lab = new(target);

    public static TheoryData<string, string> Constraints => new()
    {
        { "ALTER TABLE {0}.products ADD CHECK (vendor < 50)", "23514" },
        { "ALTER TABLE {0}.products ADD low int GENERATED ALWAYS AS (nullif(greatest(vendor, 49), 50)) STORED NOT NULL", "23502" },
        { "CREATE UNIQUE INDEX ON {0}.products ((CASE WHEN vendor = 50 THEN 'x' ELSE sku END)); INSERT INTO {0}.products VALUES (-1, 'x')", "23505" },
        { Vendors + "REFERENCES {0}.v", "23503" },
        { Vendors + "REFERENCES {0}.v DEFERRABLE INITIALLY DEFERRED", "23503" },
        {
            "CREATE FUNCTION {0}.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.vendor = 50 THEN RAISE EXCEPTION 'no'; END IF; RETURN NULL; END $$;"
            + "CREATE TRIGGER refuse AFTER INSERT ON {0}.products FOR EACH ROW EXECUTE FUNCTION {0}.refuse()",
            "P0001"
        },
    };

    private const string Vendors =
        "CREATE TABLE {0}.v (id int PRIMARY KEY); INSERT INTO {0}.v SELECT generate_series(0, 49); ALTER TABLE {0}.products ADD FOREIGN KEY (vendor) ";

    [Theory]
    [MemberData(nameof(Constraints))]
    public async Task One_row_in_a_hundred_is_found_in_a_few_statements_whatever_refuses_it(string constraint, string sqlState)
    {
        var statements = new StatementCount();
        await using var source = statements.Source(target.ConnectionString);
        await (await _lab.PrepareAsync(_lab.Mapping, constraint)).DisposeAsync();
        await using var connection = await source.OpenConnectionAsync();
        var writer = new TableWriter(_lab.Mapping);
        var flawed = Flawed(seed: 1);

        statements.Take();
        var first = await TargetLab.CommitAsync(connection, writer, _lab.Mapping, Documents(flawed, 0));
        var whenNotExpected = statements.Take();
        var second = await TargetLab.CommitAsync(connection, writer, _lab.Mapping, Documents(flawed, Rows));
        var whenExpected = statements.Take();

        Assert.Equal(flawed.Select(row => (row, sqlState)), first.Rejected.Select(r => (r.Row, r.Rejection.SqlState!)));
        Assert.Equal(flawed, second.Rejected.Select(r => r.Row));
        Assert.Equal((Rows - 20, Rows - 20), (first.Written, second.Written));
        Assert.InRange(whenNotExpected, 8, 12);
        Assert.InRange(whenExpected, 6, 9);
    }

    [Fact]
    public async Task A_table_that_holds_every_key_costs_no_statement_for_a_row()
    {
        var statements = new StatementCount();
        await using var source = statements.Source(target.ConnectionString);
        await using (var prepared = await _lab.PrepareAsync(_lab.Mapping))
            await TargetLab.CommitAsync(prepared, _lab.Mapping, TargetLab.Documents(Rows));
        await using var connection = await source.OpenConnectionAsync();

        var outcome = await TargetLab.CommitAsync(connection, _lab.Mapping, TargetLab.Documents(Rows));

        Assert.Equal(Rows, outcome.Rejected.Count);
        Assert.All(outcome.Rejected, r => Assert.Contains("'products_pkey'", r.Rejection.Message, StringComparison.Ordinal));
        Assert.InRange(statements.Take(), 8, 14);
    }

    [Fact]
    public async Task After_a_batch_without_faults_COPY_goes_straight_in_again()
    {
        var statements = new StatementCount();
        await using var source = statements.Source(target.ConnectionString);
        await (await _lab.PrepareAsync(_lab.Mapping, "ALTER TABLE {0}.products ADD CHECK (stock <> 5)")).DisposeAsync();
        await using var connection = await source.OpenConnectionAsync();
        var writer = new TableWriter(_lab.Mapping);
        var counts = new List<int>();

        for (var batch = 0; batch < 4; batch++)
        {
            statements.Take();
            await TargetLab.CommitAsync(connection, writer, _lab.Mapping, TargetLab.Documents(10, batch * 10));
            counts.Add(statements.Take());
        }

        // The first asks about the table, too. Of the last: BEGIN with the savepoint, COPY, COMMIT.
        Assert.True(counts[0] > counts[1] && counts[1] > counts[2], string.Join(' ', counts));
        Assert.InRange(counts[2], 2, 4);
        Assert.Equal(counts[2], counts[3]);
    }

    [Theory]
    [InlineData(ConflictAction.Fail)]
    [InlineData(ConflictAction.Skip)]
    [InlineData(ConflictAction.Overwrite)]
    public async Task Columns_may_be_named_as_nobody_would(ConflictAction onConflict)
    {
        var mapping = Mappings.Load(
            """
            collections:
              - name: products
                primaryKey: [next, "a'b"]
                columns:
                  next: { path: _id, type: int }
                  "a'b": { path: stock, type: int }
                  first: { path: stock, type: int }
                  me: { path: stock, type: int }
                  number: { path: stock, type: int }
                  state: { path: stock, type: int }
                  staged: { path: stock, type: int }
                  "#": { path: stock, type: int }
                  "q\"$$\\": { path: stock, type: int }
            """,
            _lab.Schema) with
        { OnConflict = onConflict };
        await using var connection = await _lab.PrepareAsync(mapping, "ALTER TABLE {0}.products ADD CHECK (state <> 7)");

        var outcome = await TargetLab.CommitAsync(connection, mapping, TargetLab.Documents(20));

        Assert.Equal([7], outcome.Rejected.Select(r => r.Row));
        Assert.Equal(19, await connection.ScalarAsync<long>($"SELECT count(*) FROM {_lab.Schema}.products WHERE next = \"#\" AND me = \"a'b\""));
    }

    [Fact]
    public async Task What_is_no_row_s_fault_is_thrown_from_among_rows_at_fault()
    {
        await using var connection = await _lab.PrepareAsync(
            _lab.Mapping,
            """
            ALTER TABLE {0}.products ADD CHECK (stock <> 3);
            CREATE FUNCTION {0}.fail() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN IF NEW.stock = 42 THEN RAISE 'later' USING ERRCODE = '40001'; END IF; RETURN NULL; END $$;
            CREATE TRIGGER fail AFTER INSERT ON {0}.products FOR EACH ROW EXECUTE FUNCTION {0}.fail();
            """);

        var error = await Assert.ThrowsAsync<PostgresException>(
            () => TargetLab.CommitAsync(connection, _lab.Mapping, TargetLab.Documents(100)));

        Assert.Equal("40001", error.SqlState);
        Assert.True(PostgresErrors.IsTransient(error));
    }

    [Fact]
    public async Task A_trigger_s_own_column_and_constraint_are_told()
    {
        await using var connection = await _lab.PrepareAsync(
            _lab.Mapping,
            """
            CREATE FUNCTION {0}.refuse() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN IF NEW.stock = 1 THEN RAISE 'sold' USING COLUMN = 'stock', CONSTRAINT = 'in_stock'; END IF; RETURN NEW; END $$;
            CREATE TRIGGER refuse AFTER INSERT ON {0}.products FOR EACH ROW EXECUTE FUNCTION {0}.refuse();
            """);

        var outcome = await TargetLab.CommitAsync(connection, _lab.Mapping, TargetLab.Documents(5));

        Assert.Equal(
            new RecordRejection(
                RecordStage.Write, "stock", "P0001",
                "PostgreSQL refused the row: sold (constraint 'in_stock'). A trigger of the target table raised it."),
            Assert.Single(outcome.Rejected).Rejection);
    }

    private static List<int> Flawed(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Rows / 100).Select(hundred => (hundred * 100) + random.Next(100))];
    }

    /// <summary>Their vendor is 50, in a batch of those whose vendor is less.</summary>
    private static BsonDocument[] Documents(List<int> flawed, int first)
    {
        var documents = TargetLab.Documents(Rows, first);
        foreach (var row in flawed) documents[row]["vendor"] = 50;
        return documents;
    }
}
