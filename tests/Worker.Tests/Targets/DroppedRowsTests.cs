using Migration.Contracts.Migrations;
using Migration.Worker.Targets;

namespace Migration.Worker.Tests.Targets;

public sealed class DroppedRowsTests(TargetFixture target) : IClassFixture<TargetFixture>
{
    private readonly TargetLab _lab = new(target);

    [Theory]
    [InlineData(ConflictAction.Fail)]
    [InlineData(ConflictAction.Skip)]
    [InlineData(ConflictAction.Overwrite)]
    public async Task Rows_that_a_trigger_drops_are_counted_as_skipped(ConflictAction onConflict)
    {
        var mapping = _lab.Mapping with { OnConflict = onConflict };
        await using var connection = await _lab.PrepareAsync(
            mapping,
            """
            CREATE FUNCTION {0}.drop_odd() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN IF NEW.stock % 2 = 1 THEN RETURN NULL; END IF; RETURN NEW; END $$;
            CREATE TRIGGER drop_odd BEFORE INSERT ON {0}.products FOR EACH ROW EXECUTE FUNCTION {0}.drop_odd();
            """);

        var outcome = await TargetLab.CommitAsync(connection, mapping, TargetLab.Documents(100));

        Assert.Equal((50, 50, 0), (outcome.Written, outcome.Skipped, outcome.Rejected.Count));
        Assert.Equal(50, await _lab.CountAsync(connection));
    }

    [Theory]
    [InlineData(ConflictAction.Fail)]
    [InlineData(ConflictAction.Skip)]
    [InlineData(ConflictAction.Overwrite)]
    public async Task Rows_that_a_trigger_drops_are_no_rows_at_fault(ConflictAction onConflict)
    {
        var mapping = _lab.Mapping with { OnConflict = onConflict };
        await using var connection = await _lab.PrepareAsync(
            mapping,
            """
            ALTER TABLE {0}.products ADD CHECK (stock <> 42);
            CREATE FUNCTION {0}.drop_odd() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN IF NEW.stock % 2 = 1 THEN RETURN NULL; END IF; RETURN NEW; END $$;
            CREATE TRIGGER drop_odd BEFORE INSERT ON {0}.products FOR EACH ROW EXECUTE FUNCTION {0}.drop_odd();
            """);

        var outcome = await TargetLab.CommitAsync(connection, mapping, TargetLab.Documents(100));

        Assert.Equal((49, 50, 1), (outcome.Written, outcome.Skipped, outcome.Rejected.Count));
        Assert.Equal(49, await _lab.CountAsync(connection));
    }

    [Theory]
    [InlineData(ConflictAction.Fail)]
    [InlineData(ConflictAction.Skip)]
    [InlineData(ConflictAction.Overwrite)]
    public async Task Rows_that_a_partition_s_own_trigger_drops_are_counted_as_skipped(ConflictAction onConflict)
    {
        var mapping = _lab.Mapping with { OnConflict = onConflict };
        await using var connection = await _lab.OpenAsync();
        await connection.ExecuteAsync(
            """
            CREATE SCHEMA {0};
            CREATE TABLE {0}.products (id int PRIMARY KEY, sku text, stock int, vendor int) PARTITION BY RANGE (id);
            CREATE TABLE {0}.low PARTITION OF {0}.products FOR VALUES FROM (0) TO (60);
            CREATE TABLE {0}.high PARTITION OF {0}.products FOR VALUES FROM (60) TO (100) PARTITION BY RANGE (id);
            CREATE TABLE {0}.highest PARTITION OF {0}.high FOR VALUES FROM (60) TO (100);
            CREATE FUNCTION {0}.drop_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
            CREATE TRIGGER drop_row BEFORE INSERT ON {0}.highest FOR EACH ROW EXECUTE FUNCTION {0}.drop_row();
            """.Replace("{0}", _lab.Schema, StringComparison.Ordinal));
        await TargetTables.EnsureAllAsync(connection, [mapping], CancellationToken.None);

        var outcome = await TargetLab.CommitAsync(connection, mapping, TargetLab.Documents(100));

        Assert.Equal((60, 40, 0), (outcome.Written, outcome.Skipped, outcome.Rejected.Count));
        Assert.Equal(60, await _lab.CountAsync(connection));
    }
}
