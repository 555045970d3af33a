using Migration.Contracts.Ledger;
using Migration.Coordinator.Tracking;

namespace Migration.Coordinator.Tests.Tracking;

public sealed class PauseNewsTests
{
    [Fact]
    public async Task A_pause_is_told_once_with_the_three_most_frequent_causes()
    {
        await using var ledger = await TestLedger.CreateAsync();
        var run = await ledger.StartRunAsync();
        await ledger.CompleteAsync(0, written: 90, quarantined: 10);
        await ledger.ExecuteAsync("UPDATE migration.quarantine SET fingerprint = 'f' || (CASE WHEN record_id::int < 5 THEN 5 ELSE record_id::int END) % 4");
        await ledger.PauseAsync(run, limit: 2);
        var progress = new ProgressLedger(ledger.Target);
        await using var errors = new StringWriter();
        var news = new PauseNews(progress, run.Id, errors);

        for (var look = 0; look < 3; look++)
            await news.TellAsync(await progress.ByCollectionAsync(run.Id, TestLedger.Cancellation), TestLedger.Cancellation);

        var lines = errors.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("products is paused: 10 of the 100 records read are quarantined, and maxQuarantined allows 2. Most of them for:", lines[0]);
        Assert.Equal("  6 × products, stage map, column 'price', SQLSTATE 22003: numeric(18,2) cannot hold [it].", lines[1]);
        Assert.Equal("      for example _id 1", lines[2]);
        Assert.Equal(3, lines.Count(line => line.Contains('×', StringComparison.Ordinal)));
        Assert.EndsWith("Other collections go on.", lines[^1], StringComparison.Ordinal);
        Assert.Equal(8, lines.Length);
    }

    [Fact]
    public async Task What_is_not_paused_is_not_told()
    {
        await using var ledger = await TestLedger.CreateAsync();
        var run = await ledger.StartRunAsync();
        await ledger.CompleteAsync(0, written: 90, quarantined: 10);
        var progress = new ProgressLedger(ledger.Target);
        await using var errors = new StringWriter();

        await new PauseNews(progress, run.Id, errors)
            .TellAsync(await progress.ByCollectionAsync(run.Id, TestLedger.Cancellation), TestLedger.Cancellation);

        Assert.Empty(errors.ToString());
    }
}
