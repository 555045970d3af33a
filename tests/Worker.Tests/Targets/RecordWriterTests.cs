using Migration.Contracts.Migrations;
using Migration.Worker.Targets;
using MongoDB.Bson;
using Npgsql;

namespace Migration.Worker.Tests.Targets;

public sealed class RecordWriterTests(TargetFixture target) : IClassFixture<TargetFixture>
{
    private const int Records = 200;

    private readonly ChildLab _lab = new(target);

    /// <summary>What refuses product 53 (with one variant) and nothing else, by a row in the table of that level.</summary>
    public static TheoryData<string, string> Refusals => new()
    {
        { "ALTER TABLE {0}.products ADD CHECK (id <> 53)", "23514" },
        { "ALTER TABLE {0}.variants ADD CHECK (price <> 53)", "23514" },
        { "ALTER TABLE {0}.images ADD CHECK (url <> 'p53-0-y')", "23514" },
        { "ALTER TABLE {0}.tags ADD CHECK (products_id <> 53 OR tag <> 'b')", "23514" },
        { "INSERT INTO {0}.variants VALUES (53, 0, 'other', 0)", "23505" },
        { "CREATE UNIQUE INDEX ON {0}.images ((CASE url WHEN 'p53-0-y' THEN 'p5-0-x' ELSE url END))", "23505" },
        {
            "CREATE TABLE {0}.prices (price int PRIMARY KEY); INSERT INTO {0}.prices SELECT generate_series(0, 200); DELETE FROM {0}.prices WHERE price = 53;"
            + "ALTER TABLE {0}.variants ADD FOREIGN KEY (price) REFERENCES {0}.prices",
            "23503"
        },
        {
            "CREATE TABLE {0}.prices (price int PRIMARY KEY); INSERT INTO {0}.prices SELECT generate_series(0, 200); DELETE FROM {0}.prices WHERE price = 53;"
            + "ALTER TABLE {0}.variants ADD FOREIGN KEY (price) REFERENCES {0}.prices DEFERRABLE INITIALLY DEFERRED",
            "23503"
        },
        {
            "CREATE FUNCTION {0}.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.url = 'p53-0-x' THEN RAISE EXCEPTION 'no'; END IF; RETURN NULL; END $$;"
            + "CREATE TRIGGER refuse AFTER INSERT ON {0}.images FOR EACH ROW EXECUTE FUNCTION {0}.refuse()",
            "P0001"
        },
        {
            "CREATE FUNCTION {0}.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.url = 'p53-0-x' THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$;"
            + "CREATE TRIGGER refuse BEFORE INSERT ON {0}.images FOR EACH ROW EXECUTE FUNCTION {0}.refuse()",
            "P0001"
        },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_row_that_is_refused_in_any_table_condemns_its_record_and_no_other(string refusal, string sqlState)
    {
        foreach (var onConflict in Enum.GetValues<ConflictAction>())
        {
            var lab = new ChildLab(target);
            await using var connection = await lab.PrepareAsync(refusal);
            var isOrphan = refusal.StartsWith("INSERT", StringComparison.Ordinal);
            if (isOrphan && onConflict == ConflictAction.Overwrite)
                continue; // takes the orphan's place

            var outcome = await ChildLab.CommitAsync(connection, lab.Mapping(onConflict), ChildLab.Products(Records));

            var rejected = Assert.Single(outcome.Rejected);
            Assert.Equal((53, sqlState), (rejected.Row, rejected.Rejection.SqlState));
            Assert.Equal((Records - 1, 0), (outcome.Written, outcome.Skipped));
            if (isOrphan) await connection.ExecuteAsync($"DELETE FROM {lab.Schema}.variants WHERE sku = 'other'");
            await lab.HoldsAsync(connection, ChildLab.Products(Records).Where(product => product["_id"] != 53));
        }
    }

    [Fact]
    public async Task Many_refused_records_are_found_among_the_others_in_several_tables()
    {
        await using var connection = await _lab.PrepareAsync(
            "ALTER TABLE {0}.products ADD CHECK (id % 10 <> 3); ALTER TABLE {0}.images ADD CHECK (url NOT LIKE '%7-1-x'); ALTER TABLE {0}.tags ADD CHECK (products_id < 150 OR products_id > 159)");

        var outcome = await ChildLab.CommitAsync(connection, _lab.Mapping(), ChildLab.Products(Records));

        var bad = Enumerable.Range(0, Records).Where(i => i % 10 == 3 || (i % 10 == 7 && i % 4 >= 2) || i is >= 150 and <= 159).ToList();
        Assert.Equal(bad, outcome.Rejected.Select(record => record.Row));
        Assert.Equal(Records - bad.Count, outcome.Written);
        await _lab.HoldsAsync(connection, ChildLab.Products(Records).Where(product => !bad.Contains(product["_id"].AsInt32)));
    }

    [Fact]
    public async Task A_refusal_names_the_table_and_the_column_of_the_child()
    {
        await using var connection = await _lab.PrepareAsync("ALTER TABLE {0}.variants ALTER price SET NOT NULL");
        var product = ChildLab.Product(1);
        product["variants"][0]["price"] = BsonNull.Value;

        var outcome = await ChildLab.CommitAsync(connection, _lab.Mapping(), [product]);

        var rejection = Assert.Single(outcome.Rejected).Rejection;
        Assert.Equal("variants.price", rejection.Column);
        Assert.StartsWith($"PostgreSQL refused a row of the record in table {_lab.Schema}.variants: ", rejection.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fail_writes_no_child_of_a_record_whose_key_is_there()
    {
        await using var connection = await _lab.PrepareAsync();
        await ChildLab.CommitAsync(connection, _lab.Mapping(), ChildLab.Products(10));

        var outcome = await ChildLab.CommitAsync(connection, _lab.Mapping(), ChildLab.Products(20, name: "q"));

        Assert.Equal(Enumerable.Range(0, 10), outcome.Rejected.Select(record => record.Row));
        await _lab.HoldsAsync(connection, [.. ChildLab.Products(10), .. ChildLab.Products(10, first: 10, name: "q")]);
    }

    [Fact]
    public async Task Skip_leaves_record_and_children_as_they_are()
    {
        await using var connection = await _lab.PrepareAsync();
        var mapping = _lab.Mapping(ConflictAction.Skip);
        await ChildLab.CommitAsync(connection, mapping, ChildLab.Products(10));

        var outcome = await ChildLab.CommitAsync(connection, mapping, [.. ChildLab.Products(20, name: "q"), ChildLab.Product(15, "twice")]);

        Assert.Equal((10, 11, 0), (outcome.Written, outcome.Skipped, outcome.Rejected.Count));
        await _lab.HoldsAsync(connection, [.. ChildLab.Products(10), .. ChildLab.Products(10, first: 10, name: "q")]);
    }

    [Fact]
    public async Task Overwrite_puts_the_new_children_in_the_place_of_the_old_ones()
    {
        await using var connection = await _lab.PrepareAsync();
        var mapping = _lab.Mapping(ConflictAction.Overwrite);
        await ChildLab.CommitAsync(connection, mapping, ChildLab.Products(20));
        var (fewer, none) = (ChildLab.Product(7, "q"), ChildLab.Product(11, "q"));
        fewer["variants"].AsBsonArray.RemoveAt(0);
        (none["variants"], none["tags"]) = (new BsonArray(), new BsonArray());

        var outcome = await ChildLab.CommitAsync(connection, mapping, [ChildLab.Product(3, "lost"), fewer, none, ChildLab.Product(3, "q"), ChildLab.Product(30, "q")]);

        Assert.Equal((4, 1, 0), (outcome.Written, outcome.Skipped, outcome.Rejected.Count));
        await _lab.HoldsAsync(
            connection,
            [.. ChildLab.Products(20).Where(product => product["_id"].AsInt32 is not (3 or 7 or 11)), ChildLab.Product(3, "q"), fewer, none, ChildLab.Product(30, "q")]);
    }

    [Fact]
    public async Task Overwrite_finds_children_of_records_that_are_nothing_but_a_key()
    {
        await using var connection = await _lab.PrepareAsync("ALTER TABLE {0}.products DROP COLUMN name");
        var mapping = _lab.Mapping(ConflictAction.Overwrite);
        mapping = mapping with { Columns = [mapping.Columns[0]] };
        await ChildLab.CommitAsync(connection, mapping, ChildLab.Products(4));

        var outcome = await ChildLab.CommitAsync(connection, mapping, ChildLab.Products(4, name: "q"));

        Assert.Equal(4, outcome.Written);
        Assert.Equal(6, await connection.ScalarAsync<long>($"SELECT count(*) FROM {_lab.Schema}.variants WHERE sku LIKE 'q%'"));
        Assert.Equal(6, await connection.ScalarAsync<long>($"SELECT count(*) FROM {_lab.Schema}.variants"));
    }

    [Theory]
    [InlineData(ConflictAction.Fail)]
    [InlineData(ConflictAction.Skip)]
    [InlineData(ConflictAction.Overwrite)]
    public async Task A_record_that_a_trigger_drops_is_skipped_with_its_children(ConflictAction onConflict)
    {
        await using var connection = await _lab.PrepareAsync(
            """
            CREATE FUNCTION {0}.drop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN CASE WHEN NEW.id % 5 = 1 THEN NULL ELSE NEW END; END $$;
            CREATE TRIGGER drop BEFORE INSERT ON {0}.products FOR EACH ROW EXECUTE FUNCTION {0}.drop();
            """);

        var outcome = await ChildLab.CommitAsync(connection, _lab.Mapping(onConflict), ChildLab.Products(20));

        Assert.Equal((16, 4, 0), (outcome.Written, outcome.Skipped, outcome.Rejected.Count));
        await _lab.HoldsAsync(connection, ChildLab.Products(20).Where(product => product["_id"].AsInt32 % 5 != 1));
    }

    [Fact]
    public async Task A_key_that_a_trigger_changes_is_said_and_nothing_is_written()
    {
        await using var connection = await _lab.PrepareAsync(
            """
            CREATE FUNCTION {0}.move() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.id := NEW.id + 1000; RETURN NEW; END $$;
            CREATE TRIGGER move BEFORE INSERT ON {0}.products FOR EACH ROW EXECUTE FUNCTION {0}.move();
            """);

        var error = await Assert.ThrowsAsync<TargetException>(() => ChildLab.CommitAsync(connection, _lab.Mapping(), ChildLab.Products(5)));

        Assert.Contains("another primary key", error.Message, StringComparison.Ordinal);
        await _lab.HoldsAsync(connection, []);
    }

    [Theory]
    [InlineData(ConflictAction.Fail)]
    [InlineData(ConflictAction.Overwrite)]
    public async Task What_is_no_record_s_fault_is_thrown(ConflictAction onConflict)
    {
        await using var connection = await _lab.PrepareAsync("ALTER TABLE {0}.images DROP COLUMN url");

        var error = await Assert.ThrowsAsync<PostgresException>(() => ChildLab.CommitAsync(connection, _lab.Mapping(onConflict), ChildLab.Products(10)));

        Assert.Equal(PostgresErrorCodes.UndefinedColumn, error.SqlState);
    }

    [Fact]
    public async Task A_foreign_key_to_the_parent_is_in_nobody_s_way()
    {
        await using var connection = await _lab.PrepareAsync(
            "ALTER TABLE {0}.variants ADD FOREIGN KEY (products_id) REFERENCES {0}.products; ALTER TABLE {0}.images ADD FOREIGN KEY (variants_products_id, variants_ordinal) REFERENCES {0}.variants");
        var mapping = _lab.Mapping(ConflictAction.Overwrite);

        for (var round = 0; round < 2; round++)
            Assert.Equal(Records, (await ChildLab.CommitAsync(connection, mapping, ChildLab.Products(Records))).Written);

        await _lab.HoldsAsync(connection, ChildLab.Products(Records));
    }

    [Fact]
    public async Task All_differences_of_tables_are_said_together_and_rights_as_far_as_they_are_needed()
    {
        var role = $"r{Guid.NewGuid():N}";
        await using var connection = await _lab.PrepareAsync(
            $"ALTER TABLE {{0}}.images ALTER url TYPE varchar(9); ALTER TABLE {{0}}.tags DROP CONSTRAINT tags_pkey; CREATE ROLE {role}; GRANT USAGE, CREATE ON SCHEMA {{0}} TO {role};"
            + $"GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA {{0}} TO {role}; SET ROLE {role}");
        try
        {
            var fail = await Assert.ThrowsAsync<TargetException>(() => TargetTables.EnsureAllAsync(connection, [_lab.Mapping()], CancellationToken.None));
            var overwrite = await Assert.ThrowsAsync<TargetException>(() => TargetTables.EnsureAllAsync(connection, [_lab.Mapping(ConflictAction.Overwrite)], CancellationToken.None));

            Assert.Equal(
                [
                    $"table {_lab.Schema}.images: column 'url' is character varying(9), the migration file says text",
                    $"table {_lab.Schema}.tags: it has no primary key, the migration file says (products_id, ordinal)",
                ],
                fail.Message.Split(Environment.NewLine));
            Assert.Contains($"table {_lab.Schema}.variants: the target's user lacks the right to DELETE; grant it", overwrite.Message, StringComparison.Ordinal);
            Assert.DoesNotContain($"table {_lab.Schema}.products:", overwrite.Message, StringComparison.Ordinal);
        }
        finally
        {
            await connection.ExecuteAsync($"RESET ROLE; DROP OWNED BY {role} CASCADE; DROP ROLE {role}");
        }
    }
}
