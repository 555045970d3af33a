using System.Security.Cryptography;
using Migration.Contracts.Migrations;
using Migration.Worker.Mapping;
using Migration.Worker.Targets;
using Migration.Worker.Tests.Mapping;
using MongoDB.Bson;
using Npgsql;

namespace Migration.Worker.Tests.Targets;

public sealed class TableWriterTests(TargetFixture target) : IClassFixture<TargetFixture>
{
    private const int Rows = 1000;

    private readonly string _schema = $"s{Guid.NewGuid():N}";

    [Fact]
    public async Task A_batch_without_faults_is_written_and_commits_with_the_caller_s_transaction()
    {
        await using var connection = await PrepareAsync(Mapping());
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            var outcome = await WriteAsync(connection, transaction, Mapping(), Documents(Rows));
            Assert.Equal((Rows, 0, 0), (outcome.Written, outcome.Skipped, outcome.Rejected.Count));
            await transaction.RollbackAsync();
        }

        Assert.Equal(0, await CountAsync(connection));
        await CommitAsync(connection, Mapping(), Documents(Rows));
        Assert.Equal(Rows, await CountAsync(connection));
    }

    [Fact]
    public async Task Faults_of_every_kind_are_found_and_the_rest_is_written()
    {
        await using var connection = await PrepareAsync(
            Mapping(),
            """
            CREATE TABLE {0}.vendors (id int PRIMARY KEY);
            INSERT INTO {0}.vendors SELECT generate_series(0, 9);
            ALTER TABLE {0}.products ADD CHECK (stock >= 0), ADD FOREIGN KEY (vendor) REFERENCES {0}.vendors, ALTER sku SET NOT NULL;
            INSERT INTO {0}.products VALUES (700, 'already there', 1, 1);
            CREATE FUNCTION {0}.refuse() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN IF NEW.sku = 'forbidden' THEN RAISE EXCEPTION 'not this one'; END IF; RETURN NEW; END $$;
            CREATE TRIGGER refuse AFTER INSERT ON {0}.products FOR EACH ROW EXECUTE FUNCTION {0}.refuse();
            """);
        var documents = Documents(Rows);
        documents[3]["stock"] = -1;
        documents[4]["stock"] = -2;
        documents[250]["vendor"] = 77;
        documents[500]["_id"] = 499;
        documents[600]["sku"] = "forbidden";
        documents[998]["sku"] = BsonNull.Value;

        var outcome = await CommitAsync(connection, Mapping(), documents);

        Assert.Equal(
            [(3, "23514"), (4, "23514"), (250, "23503"), (500, "23505"), (600, "P0001"), (700, "23505"), (998, "23502")],
            outcome.Rejected.Select(r => (r.Row, r.Rejection.SqlState)));
        Assert.All(outcome.Rejected, r => Assert.Equal(RecordStage.Write, r.Rejection.Stage));
        Assert.Equal("sku", outcome.Rejected[^1].Rejection.Column);
        Assert.Equal((Rows - 7, 0), (outcome.Written, outcome.Skipped));
        Assert.Equal(Rows - 7 + 1, await CountAsync(connection));
    }

    [Fact]
    public async Task A_fault_whose_line_COPY_names_costs_one_attempt_more()
    {
        await using var connection = await PrepareAsync(Mapping(), "ALTER TABLE {0}.products ADD CHECK (stock >= 0)");
        var documents = Documents(Rows);
        documents[437]["stock"] = -1;
        using var rows = Map(Mapping(), documents);
        var attempts = new List<(int, int)>();
        await using var transaction = await connection.BeginTransactionAsync();
        var isolation = new RowIsolation(connection, transaction);
        await isolation.BeginAsync(null, CancellationToken.None);

        await isolation.SendAsync(0, Rows, AttemptAsync, CancellationToken.None);

        Assert.Equal(437, Assert.Single(isolation.Rejected).Row);
        Assert.Equal([(0, 1000), (0, 437), (438, 562)], attempts);

        async Task<int> AttemptAsync(int first, int count, CancellationToken token)
        {
            attempts.Add((first, count));
            await CopyStream.SendAsync(connection, new TableSql(Mapping()).Copy, rows, first, count, token);
            return count;
        }
    }

    [Theory]
    [InlineData("ALTER TABLE {0}.products ADD CHECK (stock < 0)", "23514")]
    [InlineData("CREATE TABLE {0}.v (id int PRIMARY KEY); ALTER TABLE {0}.products ADD FOREIGN KEY (vendor) REFERENCES {0}.v", "23503")]
    public async Task Every_row_at_fault_is_every_row_rejected(string setup, string sqlState)
    {
        await using var connection = await PrepareAsync(Mapping(), setup);

        var outcome = await CommitAsync(connection, Mapping(), Documents(300));

        Assert.Equal(0, outcome.Written);
        Assert.Equal(Enumerable.Range(0, 300).Select(i => (i, sqlState)), outcome.Rejected.Select(r => (r.Row, r.Rejection.SqlState!)));
    }

    [Fact]
    public async Task A_deferred_constraint_is_charged_to_its_row_and_not_to_the_commit()
    {
        await using var connection = await PrepareAsync(
            Mapping(),
            "CREATE TABLE {0}.v (id int PRIMARY KEY); INSERT INTO {0}.v SELECT generate_series(0, 9);"
            + "ALTER TABLE {0}.products ADD FOREIGN KEY (vendor) REFERENCES {0}.v DEFERRABLE INITIALLY DEFERRED");
        var documents = Documents(100);
        documents[42]["vendor"] = 77;

        var outcome = await CommitAsync(connection, Mapping(), documents);

        Assert.Equal(42, Assert.Single(outcome.Rejected).Row);
        Assert.Equal(99, await CountAsync(connection));
    }

    [Fact]
    public async Task A_row_that_an_index_cannot_hold_is_found()
    {
        await using var connection = await PrepareAsync(Mapping(), "CREATE INDEX ON {0}.products (sku)");
        var documents = Documents(200);
        documents[57]["sku"] = Convert.ToHexString(RandomNumberGenerator.GetBytes(8000));

        var outcome = await CommitAsync(connection, Mapping(), documents);

        var rejected = Assert.Single(outcome.Rejected);
        Assert.Equal((57, "54000"), (rejected.Row, rejected.Rejection.SqlState));
    }

    [Theory]
    [InlineData(ConflictAction.Fail)]
    [InlineData(ConflictAction.Skip)]
    [InlineData(ConflictAction.Overwrite)]
    public async Task Rows_that_a_trigger_drops_are_counted_as_skipped(ConflictAction onConflict)
    {
        var mapping = Mapping() with { OnConflict = onConflict };
        await using var connection = await PrepareAsync(
            mapping,
            """
            CREATE FUNCTION {0}.drop_odd() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN IF NEW.stock % 2 = 1 THEN RETURN NULL; END IF; RETURN NEW; END $$;
            CREATE TRIGGER drop_odd BEFORE INSERT ON {0}.products FOR EACH ROW EXECUTE FUNCTION {0}.drop_odd();
            """);

        var outcome = await CommitAsync(connection, mapping, Documents(100));

        Assert.Equal((50, 50, 0), (outcome.Written, outcome.Skipped, outcome.Rejected.Count));
        Assert.Equal(50, await CountAsync(connection));
    }

    [Theory]
    [InlineData(ConflictAction.Fail)]
    [InlineData(ConflictAction.Skip)]
    [InlineData(ConflictAction.Overwrite)]
    public async Task Rows_that_a_partition_s_own_trigger_drops_are_counted_as_skipped(ConflictAction onConflict)
    {
        var mapping = Mapping() with { OnConflict = onConflict };
        await using var connection = await target.OpenAsync();
        await connection.ExecuteAsync(
            """
            CREATE SCHEMA {0};
            CREATE TABLE {0}.products (id int PRIMARY KEY, sku text, stock int, vendor int) PARTITION BY RANGE (id);
            CREATE TABLE {0}.low PARTITION OF {0}.products FOR VALUES FROM (0) TO (60);
            CREATE TABLE {0}.high PARTITION OF {0}.products FOR VALUES FROM (60) TO (100) PARTITION BY RANGE (id);
            CREATE TABLE {0}.highest PARTITION OF {0}.high FOR VALUES FROM (60) TO (100);
            CREATE FUNCTION {0}.drop_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
            CREATE TRIGGER drop_row BEFORE INSERT ON {0}.highest FOR EACH ROW EXECUTE FUNCTION {0}.drop_row();
            """.Replace("{0}", _schema, StringComparison.Ordinal));
        await TargetTables.EnsureAllAsync(connection, [mapping], CancellationToken.None);

        var outcome = await CommitAsync(connection, mapping, Documents(100));

        Assert.Equal((60, 40, 0), (outcome.Written, outcome.Skipped, outcome.Rejected.Count));
        Assert.Equal(60, await CountAsync(connection));
    }

    [Fact]
    public async Task A_row_that_a_policy_refuses_is_found()
    {
        var mapping = Mapping() with { OnConflict = ConflictAction.Skip };
        var role = $"r{Guid.NewGuid():N}";
        await using var connection = await PrepareAsync(
            mapping,
            "ALTER TABLE {0}.products ENABLE ROW LEVEL SECURITY; CREATE POLICY sold ON {0}.products USING (true) WITH CHECK (stock <> 42);"
            + $"CREATE ROLE {role}; GRANT USAGE ON SCHEMA {{0}} TO {role}; GRANT SELECT, INSERT, UPDATE ON {{0}}.products TO {role}; SET ROLE {role}");
        try
        {
            var outcome = await CommitAsync(connection, mapping, Documents(100));

            var rejected = Assert.Single(outcome.Rejected);
            Assert.Equal((42, "42501", 99), (rejected.Row, rejected.Rejection.SqlState, outcome.Written));
        }
        finally
        {
            await connection.ExecuteAsync($"RESET ROLE; DROP OWNED BY {role} CASCADE; DROP ROLE {role}");
        }
    }

    [Theory]
    [InlineData(ConflictAction.Fail)]
    [InlineData(ConflictAction.Skip)]
    public async Task A_right_that_is_lacking_is_no_row_s_fault(ConflictAction onConflict)
    {
        var mapping = Mapping() with { OnConflict = onConflict };
        var role = $"r{Guid.NewGuid():N}";
        await using var connection = await PrepareAsync(
            mapping, $"CREATE ROLE {role}; GRANT USAGE ON SCHEMA {{0}} TO {role}; SET ROLE {role}");
        try
        {
            var error = await Assert.ThrowsAsync<PostgresException>(() => CommitAsync(connection, mapping, Documents(10)));

            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, error.SqlState);
            Assert.True(PostgresErrors.IsConfiguration(error));
        }
        finally
        {
            await connection.ExecuteAsync($"RESET ROLE; DROP OWNED BY {role} CASCADE; DROP ROLE {role}");
        }
    }

    [Fact]
    public async Task A_fault_at_the_start_of_megabytes_does_not_stall_the_rest()
    {
        await using var connection = await PrepareAsync(Mapping(), "ALTER TABLE {0}.products ADD CHECK (stock >= 0)");
        var documents = Documents(5000);
        foreach (var document in documents) document["sku"] = new string('x', 2000);
        documents[0]["stock"] = -1;
        documents[4999]["stock"] = -1;

        var outcome = await CommitAsync(connection, Mapping(), documents);

        Assert.Equal([0, 4999], outcome.Rejected.Select(r => r.Row));
        Assert.Equal(4998, await CountAsync(connection));
    }

    [Fact]
    public async Task Skip_leaves_the_target_s_rows_and_counts_the_others()
    {
        var mapping = Mapping() with { OnConflict = ConflictAction.Skip };
        await using var connection = await PrepareAsync(mapping, "INSERT INTO {0}.products VALUES (5, 'mine', 1, 1)");
        var documents = Documents(100);
        documents[50]["_id"] = 49;

        var outcome = await CommitAsync(connection, mapping, documents);

        Assert.Equal((98, 2, 0), (outcome.Written, outcome.Skipped, outcome.Rejected.Count));
        Assert.Equal("mine", await SkuAsync(connection, 5));
        Assert.Equal("sku49", await SkuAsync(connection, 49));
    }

    [Fact]
    public async Task Overwrite_takes_the_last_of_a_key_and_isolates_faults()
    {
        var mapping = Mapping() with { OnConflict = ConflictAction.Overwrite };
        await using var connection = await PrepareAsync(
            mapping,
            "ALTER TABLE {0}.products ADD CHECK (stock >= 0), ADD UNIQUE (sku); INSERT INTO {0}.products VALUES (5, 'old', 1, 1), (1000, 'sku7', 1, 1)");
        var documents = Documents(100);
        documents[50]["_id"] = 49;
        documents[60]["stock"] = -1;

        var outcome = await CommitAsync(connection, mapping, documents);

        Assert.Equal([(7, "23505"), (60, "23514")], outcome.Rejected.Select(r => (r.Row, r.Rejection.SqlState!)));
        Assert.Equal(98, outcome.Written + outcome.Skipped);
        Assert.Equal("sku5", await SkuAsync(connection, 5));
        Assert.Equal("sku50", await SkuAsync(connection, 49));
        Assert.Equal("sku7", await SkuAsync(connection, 1000));
    }

    [Fact]
    public async Task Overwrite_counts_superseded_rows_as_skipped()
    {
        var mapping = Mapping() with { OnConflict = ConflictAction.Overwrite };
        await using var connection = await PrepareAsync(mapping);
        var documents = Documents(10);
        foreach (var document in documents) document["_id"] = 1;

        var outcome = await CommitAsync(connection, mapping, documents);

        Assert.Equal((1, 9), (outcome.Written, outcome.Skipped));
        Assert.Equal("sku9", await SkuAsync(connection, 1));
    }

    [Fact]
    public async Task Batches_of_one_transaction_and_of_one_connection_do_not_mix()
    {
        var mapping = Mapping() with { OnConflict = ConflictAction.Skip };
        await using var connection = await PrepareAsync(mapping);
        for (var round = 0; round < 2; round++)
        {
            await using var transaction = await connection.BeginTransactionAsync();
            for (var batch = 0; batch < 2; batch++)
            {
                var documents = Documents(10, first: round * 20 + batch * 10);
                var outcome = await WriteAsync(connection, transaction, mapping, documents);
                Assert.Equal((10, 0), (outcome.Written, outcome.Skipped));
            }

            await transaction.CommitAsync();
        }

        Assert.Equal(40, await CountAsync(connection));
    }

    [Theory]
    [InlineData(ConflictAction.Fail)]
    [InlineData(ConflictAction.Skip)]
    public async Task What_is_no_row_s_fault_is_thrown(ConflictAction onConflict)
    {
        var mapping = Mapping() with { OnConflict = onConflict };
        await using var connection = await PrepareAsync(mapping, "ALTER TABLE {0}.products DROP COLUMN stock");

        var error = await Assert.ThrowsAsync<PostgresException>(() => CommitAsync(connection, mapping, Documents(10)));

        Assert.Equal(PostgresErrorCodes.UndefinedColumn, error.SqlState);
        Assert.False(PostgresErrors.IsTransient(error));
    }

    [Fact]
    public async Task A_cancelled_write_stops_the_copy_and_leaves_the_connection_usable()
    {
        await using var connection = await PrepareAsync(Mapping());
        using var cancelled = new CancellationTokenSource();
        using var rows = Map(Mapping(), Documents(10));
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await cancelled.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => new TableWriter(Mapping()).WriteAsync(connection, transaction, rows, cancelled.Token));
            await transaction.RollbackAsync();
        }

        Assert.Equal(0, await CountAsync(connection));
    }

    private CollectionMapping Mapping() => Mappings.Load(
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
        _schema);

    private static BsonDocument[] Documents(int count, int first = 0) => [.. Enumerable.Range(first, count).Select(i =>
        new BsonDocument { { "_id", i }, { "sku", $"sku{i}" }, { "stock", i }, { "vendor", i % 10 } })];

    private static RowBuffer Map(CollectionMapping mapping, IEnumerable<BsonDocument> documents)
    {
        var rows = new RowBuffer();
        var mapper = new RecordMapper(mapping);
        foreach (var document in documents) Assert.Null(mapper.Map(document.ToBson(), rows));
        return rows;
    }

    /// <param name="setup">SQL in which {0} stands for the schema.</param>
    private async Task<NpgsqlConnection> PrepareAsync(CollectionMapping mapping, string setup = "")
    {
        var connection = await target.OpenAsync();
        await TargetTables.EnsureAllAsync(connection, [mapping], CancellationToken.None);
        if (setup.Length > 0) await connection.ExecuteAsync(setup.Replace("{0}", _schema, StringComparison.Ordinal));
        return connection;
    }

    private static async Task<WriteOutcome> WriteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, CollectionMapping mapping, BsonDocument[] documents)
    {
        using var rows = Map(mapping, documents);
        return await new TableWriter(mapping).WriteAsync(connection, transaction, rows, CancellationToken.None);
    }

    private static async Task<WriteOutcome> CommitAsync(
        NpgsqlConnection connection, CollectionMapping mapping, BsonDocument[] documents)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        var outcome = await WriteAsync(connection, transaction, mapping, documents);
        await transaction.CommitAsync();
        return outcome;
    }

    private Task<long> CountAsync(NpgsqlConnection connection) =>
        connection.ScalarAsync<long>($"SELECT count(*) FROM {_schema}.products");

    private Task<string> SkuAsync(NpgsqlConnection connection, int id) =>
        connection.ScalarAsync<string>($"SELECT sku FROM {_schema}.products WHERE id = $1", id);
}
