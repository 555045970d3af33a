using System.Security.Cryptography;
using Migration.Contracts.Migrations;
using Migration.Worker.Mapping;
using MongoDB.Bson;

namespace Migration.Worker.Tests.Targets;

public sealed class RefusedRowsTests(TargetFixture target) : IClassFixture<TargetFixture>
{
    private const int Rows = 1000;

    private readonly TargetLab _lab = new(target);

    [Fact]
    public async Task Faults_of_every_kind_are_found_and_the_rest_is_written()
    {
        await using var connection = await _lab.PrepareAsync(
            _lab.Mapping,
            """
            CREATE TABLE {0}.vendors (id int PRIMARY KEY);
            INSERT INTO {0}.vendors SELECT generate_series(0, 9);
            ALTER TABLE {0}.products ADD CHECK (stock >= 0), ADD FOREIGN KEY (vendor) REFERENCES {0}.vendors, ALTER sku SET NOT NULL;
            INSERT INTO {0}.products VALUES (700, 'already there', 1, 1);
            CREATE FUNCTION {0}.refuse() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN IF NEW.sku = 'forbidden' THEN RAISE EXCEPTION 'not this one'; END IF; RETURN NEW; END $$;
            CREATE TRIGGER refuse AFTER INSERT ON {0}.products FOR EACH ROW EXECUTE FUNCTION {0}.refuse();
            """);
        var documents = TargetLab.Documents(Rows);
        documents[3]["stock"] = -1;
        documents[4]["stock"] = -2;
        documents[250]["vendor"] = 77;
        documents[500]["_id"] = 499;
        documents[600]["sku"] = "forbidden";
        documents[998]["sku"] = BsonNull.Value;

        var outcome = await TargetLab.CommitAsync(connection, _lab.Mapping, documents);

        Assert.Equal(
            [(3, "23514"), (4, "23514"), (250, "23503"), (500, "23505"), (600, "P0001"), (700, "23505"), (998, "23502")],
            outcome.Rejected.Select(r => (r.Row, r.Rejection.SqlState)));
        Assert.All(outcome.Rejected, r => Assert.Equal(RecordStage.Write, r.Rejection.Stage));
        Assert.Equal("sku", outcome.Rejected[^1].Rejection.Column);
        Assert.Equal((Rows - 7, 0), (outcome.Written, outcome.Skipped));
        Assert.Equal(Rows - 7 + 1, await _lab.CountAsync(connection));
    }

    [Theory]
    [InlineData("ALTER TABLE {0}.products ADD CHECK (stock < 0)", "23514")]
    [InlineData("CREATE TABLE {0}.v (id int PRIMARY KEY); ALTER TABLE {0}.products ADD FOREIGN KEY (vendor) REFERENCES {0}.v", "23503")]
    public async Task Every_row_at_fault_is_every_row_rejected(string setup, string sqlState)
    {
        await using var connection = await _lab.PrepareAsync(_lab.Mapping, setup);

        var outcome = await TargetLab.CommitAsync(connection, _lab.Mapping, TargetLab.Documents(300));

        Assert.Equal(0, outcome.Written);
        Assert.Equal(Enumerable.Range(0, 300).Select(i => (i, sqlState)), outcome.Rejected.Select(r => (r.Row, r.Rejection.SqlState!)));
    }

    [Fact]
    public async Task A_deferred_constraint_is_charged_to_its_row_and_not_to_the_commit()
    {
        await using var connection = await _lab.PrepareAsync(
            _lab.Mapping,
            "CREATE TABLE {0}.v (id int PRIMARY KEY); INSERT INTO {0}.v SELECT generate_series(0, 9);"
            + "ALTER TABLE {0}.products ADD FOREIGN KEY (vendor) REFERENCES {0}.v DEFERRABLE INITIALLY DEFERRED");
        var documents = TargetLab.Documents(100);
        documents[42]["vendor"] = 77;

        var outcome = await TargetLab.CommitAsync(connection, _lab.Mapping, documents);

        Assert.Equal(42, Assert.Single(outcome.Rejected).Row);
        Assert.Equal(99, await _lab.CountAsync(connection));
    }

    [Fact]
    public async Task A_row_that_an_index_cannot_hold_is_found()
    {
        await using var connection = await _lab.PrepareAsync(_lab.Mapping, "CREATE INDEX ON {0}.products (sku)");
        var documents = TargetLab.Documents(200);
        documents[57]["sku"] = Convert.ToHexString(RandomNumberGenerator.GetBytes(8000));

        var outcome = await TargetLab.CommitAsync(connection, _lab.Mapping, documents);

        var rejected = Assert.Single(outcome.Rejected);
        Assert.Equal((57, "54000"), (rejected.Row, rejected.Rejection.SqlState));
    }

    [Fact]
    public async Task A_row_that_a_policy_refuses_is_found()
    {
        var mapping = _lab.Mapping with { OnConflict = ConflictAction.Skip };
        var role = $"r{Guid.NewGuid():N}";
        await using var connection = await _lab.PrepareAsync(
            mapping,
            "ALTER TABLE {0}.products ENABLE ROW LEVEL SECURITY; CREATE POLICY sold ON {0}.products USING (true) WITH CHECK (stock <> 42);"
            + $"CREATE ROLE {role}; GRANT USAGE ON SCHEMA {{0}} TO {role}; GRANT SELECT, INSERT, UPDATE ON {{0}}.products TO {role}; SET ROLE {role}");
        try
        {
            var outcome = await TargetLab.CommitAsync(connection, mapping, TargetLab.Documents(100));

            var rejected = Assert.Single(outcome.Rejected);
            Assert.Equal((42, "42501", 99), (rejected.Row, rejected.Rejection.SqlState, outcome.Written));
        }
        finally
        {
            await connection.ExecuteAsync($"RESET ROLE; DROP OWNED BY {role} CASCADE; DROP ROLE {role}");
        }
    }

    [Fact]
    public async Task A_fault_at_the_start_of_megabytes_does_not_stall_the_rest()
    {
        await using var connection = await _lab.PrepareAsync(_lab.Mapping, "ALTER TABLE {0}.products ADD CHECK (stock >= 0)");
        var documents = TargetLab.Documents(5000);
        foreach (var document in documents) document["sku"] = new string('x', 2000);
        documents[0]["stock"] = -1;
        documents[4999]["stock"] = -1;

        var outcome = await TargetLab.CommitAsync(connection, _lab.Mapping, documents);

        Assert.Equal([0, 4999], outcome.Rejected.Select(r => r.Row));
        Assert.Equal(4998, await _lab.CountAsync(connection));
    }
}
