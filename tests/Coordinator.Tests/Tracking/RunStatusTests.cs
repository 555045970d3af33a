using Migration.Contracts.Ledger;
using Migration.Coordinator.Tracking;

namespace Migration.Coordinator.Tests.Tracking;

public sealed class RunStatusTests
{
    [Fact]
    public async Task A_running_run_has_a_pace_an_end_and_its_workers()
    {
        await using var ledger = await TestLedger.CreateAsync();
        await ledger.StartRunAsync();
        await ledger.CompleteAsync(0, written: 100, quarantined: 0);
        await ledger.TakeAsync(1, "host:7");
        await ledger.ExecuteAsync("UPDATE migration.run SET started_at = clock_timestamp() - interval '50 s'");

        var status = await RunStatus.BuildAsync(ledger.Target, "shop", TestLedger.Cancellation);

        Assert.Equal(50, status.Percent);
        Assert.InRange(status.RecordsPerSecond!.Value, 1, 2);
        Assert.InRange(status.SecondsLeft!.Value, 50, 100);
        Assert.Equal(["host:7"], status.Workers);
    }

    [Fact]
    public async Task An_incomplete_run_shows_its_reason_and_no_pace()
    {
        await using var ledger = await TestLedger.CreateAsync();
        var run = await ledger.StartRunAsync();
        await ledger.FailAsync(0);
        await new RunLedger(ledger.Target).EndIncompleteAsync(run.Id, "products: 1 of 2 slices gave up.", TestLedger.Cancellation);
        var pipe = new TestTerminal(80, 24, isTerminal: false);

        var status = await RunStatus.BuildAsync(ledger.Target, "shop", TestLedger.Cancellation);
        RunStatusText.Write(pipe.Console, status);

        Assert.Null(status.RecordsPerSecond);
        Assert.Equal("Incomplete: products: 1 of 2 slices gave up.", pipe.Rows[^1]);
    }

    [Fact]
    public async Task All_runs_are_listed_the_newest_first()
    {
        await using var ledger = await TestLedger.CreateAsync();
        await ledger.StartRunAsync("first");
        await ledger.CompleteAsync(0, written: 100, quarantined: 0);
        await ledger.StartRunAsync("second");

        var runs = await RunSummary.ListAsync(ledger.Target, TestLedger.Cancellation);

        Assert.Equal([("second", 0), ("first", 50)], runs.Select(run => (run.Run, run.Percent)));
    }
}
