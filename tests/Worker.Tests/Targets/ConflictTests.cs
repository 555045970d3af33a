using Migration.Contracts.Migrations;

namespace Migration.Worker.Tests.Targets;

public sealed class ConflictTests(TargetFixture target) : IClassFixture<TargetFixture>
{
    private readonly TargetLab _lab = new(target);

    [Fact]
    public async Task Skip_leaves_the_target_s_rows_and_counts_the_others()
    {
        var mapping = _lab.Mapping with { OnConflict = ConflictAction.Skip };
        await using var connection = await _lab.PrepareAsync(mapping, "INSERT INTO {0}.products VALUES (5, 'mine', 1, 1)");
        var documents = TargetLab.Documents(100);
        documents[50]["_id"] = 49;

        var outcome = await TargetLab.CommitAsync(connection, mapping, documents);

        Assert.Equal((98, 2, 0), (outcome.Written, outcome.Skipped, outcome.Rejected.Count));
        Assert.Equal("mine", await _lab.SkuAsync(connection, 5));
        Assert.Equal("sku49", await _lab.SkuAsync(connection, 49));
    }

    [Fact]
    public async Task Overwrite_takes_the_last_of_a_key_and_isolates_faults()
    {
        var mapping = _lab.Mapping with { OnConflict = ConflictAction.Overwrite };
        await using var connection = await _lab.PrepareAsync(
            mapping,
            "ALTER TABLE {0}.products ADD CHECK (stock >= 0), ADD UNIQUE (sku); INSERT INTO {0}.products VALUES (5, 'old', 1, 1), (1000, 'sku7', 1, 1)");
        var documents = TargetLab.Documents(100);
        documents[50]["_id"] = 49;
        documents[60]["stock"] = -1;

        var outcome = await TargetLab.CommitAsync(connection, mapping, documents);

        Assert.Equal([(7, "23505"), (60, "23514")], outcome.Rejected.Select(r => (r.Row, r.Rejection.SqlState!)));
        Assert.Equal(98, outcome.Written + outcome.Skipped);
        Assert.Equal("sku5", await _lab.SkuAsync(connection, 5));
        Assert.Equal("sku50", await _lab.SkuAsync(connection, 49));
        Assert.Equal("sku7", await _lab.SkuAsync(connection, 1000));
    }

    [Fact]
    public async Task Overwrite_counts_superseded_rows_as_skipped()
    {
        var mapping = _lab.Mapping with { OnConflict = ConflictAction.Overwrite };
        await using var connection = await _lab.PrepareAsync(mapping);
        var documents = TargetLab.Documents(10);
        foreach (var document in documents) document["_id"] = 1;

        var outcome = await TargetLab.CommitAsync(connection, mapping, documents);

        Assert.Equal((1, 9), (outcome.Written, outcome.Skipped));
        Assert.Equal("sku9", await _lab.SkuAsync(connection, 1));
    }
}
