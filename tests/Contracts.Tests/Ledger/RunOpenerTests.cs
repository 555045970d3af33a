using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using static Migration.Contracts.Tests.Ledger.LedgerDatabase;

namespace Migration.Contracts.Tests.Ledger;

public sealed class RunOpenerTests
{
    [Fact]
    public async Task The_same_name_and_file_is_the_same_run()
    {
        await using var ledger = await CreateAsync();
        var opener = new RunOpener(ledger.Runs);

        var first = await opener.OpenAsync("shop", File(), Cancellation);
        var second = await opener.OpenAsync("shop", File(), Cancellation);

        Assert.Equal(first.Id, second.Id);
        Assert.Equal(RunState.Planning, second.State);
    }

    [Fact]
    public async Task A_file_that_was_mended_before_anything_was_published_starts_the_run_anew()
    {
        await using var ledger = await CreateAsync();
        var opener = new RunOpener(ledger.Runs, mayReplaceUnstarted: true);
        var first = await opener.OpenAsync("shop", File(), Cancellation);
        await ledger.Plans.AddSlicesAsync(first.Id, "products", Slices(3), 3, null, Cancellation);

        var second = await opener.OpenAsync("shop", File(type: "int8"), Cancellation);

        Assert.NotEqual(first.Id, second.Id);
        Assert.Equal(0, await ledger.ScalarAsync<long>("SELECT count(*) FROM migration.slice"));
    }

    [Fact]
    public async Task A_run_that_was_started_goes_on_only_with_what_it_was_started_with()
    {
        await using var ledger = await CreateAsync();
        var opener = new RunOpener(ledger.Runs, mayReplaceUnstarted: true);
        var run = await opener.OpenAsync("shop", File(), Cancellation);
        await ledger.Runs.StartAsync(run.Id, Cancellation);

        var refused = await Assert.ThrowsAsync<LedgerException>(
            () => opener.OpenAsync("shop", File(type: "int8"), Cancellation));

        Assert.Contains("collections.products.columns.id.type: text -> bigint", refused.Message, StringComparison.Ordinal);
        Assert.Equal(run.Id, (await opener.OpenAsync("shop", File(), Cancellation)).Id);
    }

    [Fact]
    public async Task What_a_worker_does_at_a_time_may_change_and_is_kept_for_the_workers()
    {
        await using var ledger = await CreateAsync();
        var opener = new RunOpener(ledger.Runs);
        var run = await opener.OpenAsync("shop", File(), Cancellation);
        await ledger.Runs.StartAsync(run.Id, Cancellation);

        var resumed = await opener.OpenAsync("shop", File(slices: 7), Cancellation);

        Assert.Equal(run.Id, resumed.Id);
        Assert.Equal(7, StoredMigrationFile.FromStoredJson(resumed.File).Worker.Slices);
    }

    private static MigrationFile File(string type = "text", int slices = 2) => MigrationFileLoader.LoadText(
        $$"""
        source: { uri: "mongodb://localhost/shop" }
        target: { uri: "postgres://localhost/shop" }
        worker: { slices: {{slices}} }
        collections:
          - name: products
            primaryKey: id
            columns:
              id: { path: _id, type: {{type}} }
        """,
        "shop.yaml",
        _ => null);
}
