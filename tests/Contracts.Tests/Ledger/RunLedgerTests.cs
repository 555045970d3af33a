using Migration.Contracts.Ledger;
using Npgsql;
using static Migration.Contracts.Tests.Ledger.LedgerDatabase;

namespace Migration.Contracts.Tests.Ledger;

public sealed class RunLedgerTests
{
    [Fact]
    public async Task A_new_run_is_found_by_name_and_by_id_with_its_collections_in_order()
    {
        await using var ledger = await CreateAsync();

        var run = await ledger.Runs.CreateAsync(
            "shop-1", """{"b": 1, "a": [2]}""", "f00d", [("zebras", "public.z"), ("ants", "public.a")], Cancellation);

        Assert.Equal(("shop-1", RunState.Planning, "f00d"), (run.Name, run.State, run.FileHash));
        Assert.Equal("""{"a": [2], "b": 1}""", run.File);
        Assert.Equal((null, null, null), (run.Reason, run.StartedAt, run.FinishedAt));
        Assert.Equal(run, await ledger.Runs.FindAsync("shop-1", Cancellation));
        Assert.Equal(run, await ledger.Runs.FindAsync(run.Id, Cancellation));
        Assert.Null(await ledger.Runs.FindAsync("shop-2", Cancellation));
        Assert.Null(await ledger.Runs.FindAsync(Guid.NewGuid(), Cancellation));
        Assert.Equal(["zebras", "ants"], (await ledger.Plans.ListAsync(run.Id, Cancellation)).Select(c => c.Name));
    }

    [Fact]
    public async Task A_name_that_is_taken_is_refused()
    {
        await using var ledger = await CreateAsync();
        await ledger.CreateRunAsync("shop");

        var refused = await Assert.ThrowsAsync<LedgerException>(() => ledger.CreateRunAsync("shop"));

        Assert.Contains("'shop'", refused.Message, StringComparison.Ordinal);
        Assert.Single(await ledger.Runs.ListAsync(Cancellation));
    }

    [Theory]
    [InlineData("")]
    [InlineData("shop-")]
    [InlineData("-shop")]
    [InlineData("shop 1")]
    [InlineData("shop\n")]
    [InlineData("a123456789012345678901234567890123456789012345678901234567890123")]
    public async Task A_name_that_is_no_name_is_refused_with_the_rule(string name)
    {
        await using var ledger = await CreateAsync();

        var refused = await Assert.ThrowsAsync<LedgerException>(() => ledger.CreateRunAsync(name));

        Assert.Contains("1 to 63 letters", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_goes_from_planning_over_running_to_completed()
    {
        await using var ledger = await CreateAsync();
        var id = (await ledger.CreateRunAsync()).Id;
        Assert.Empty(await ledger.Runs.ListRunningAsync(Cancellation));

        await ledger.Runs.StartAsync(id, Cancellation);
        var running = Assert.Single(await ledger.Runs.ListRunningAsync(Cancellation));
        Assert.Equal((RunState.Running, null), (running.State, running.FinishedAt));
        Assert.NotNull(running.StartedAt);
        await ledger.Runs.CompleteAsync(id, Cancellation);

        var done = (await ledger.Runs.FindAsync(id, Cancellation))!;
        Assert.Equal((RunState.Completed, running.StartedAt), (done.State, done.StartedAt));
        Assert.True(done.FinishedAt >= done.StartedAt);
        Assert.Empty(await ledger.Runs.ListRunningAsync(Cancellation));
    }

    [Fact]
    public async Task An_incomplete_run_says_why_and_forgets_it_when_it_is_started_again()
    {
        await using var ledger = await CreateAsync();
        var id = (await ledger.CreateRunAsync()).Id;
        await ledger.Runs.StartAsync(id, Cancellation);
        var started = (await ledger.Runs.FindAsync(id, Cancellation))!.StartedAt;

        await ledger.Runs.EndIncompleteAsync(id, "2 slices failed", Cancellation);
        var ended = (await ledger.Runs.FindAsync(id, Cancellation))!;
        Assert.Equal((RunState.Incomplete, "2 slices failed"), (ended.State, ended.Reason));
        Assert.NotNull(ended.FinishedAt);
        await ledger.Runs.StartAsync(id, Cancellation);

        var again = (await ledger.Runs.FindAsync(id, Cancellation))!;
        Assert.Equal((RunState.Running, null, null, started), (again.State, again.Reason, again.FinishedAt, again.StartedAt));
    }

    [Fact]
    public async Task A_run_that_has_started_can_be_judged_anew_and_keeps_the_time_of_its_end()
    {
        await using var ledger = await CreateAsync();
        var id = (await ledger.CreateRunAsync()).Id;

        await ledger.Runs.CompleteAsync(id, Cancellation);
        await ledger.Runs.EndIncompleteAsync(id, "why", Cancellation);
        Assert.Equal(RunState.Planning, (await ledger.Runs.FindAsync(id, Cancellation))!.State);

        await ledger.Runs.StartAsync(id, Cancellation);
        await ledger.Runs.EndIncompleteAsync(id, "a slice gave up", Cancellation);
        var ended = (await ledger.Runs.FindAsync(id, Cancellation))!;
        await ledger.Runs.CompleteAsync(id, Cancellation);
        var judged = (await ledger.Runs.FindAsync(id, Cancellation))!;
        Assert.Equal((RunState.Completed, null, ended.FinishedAt), (judged.State, judged.Reason, judged.FinishedAt));
    }

    [Fact]
    public async Task Runs_are_listed_newest_first()
    {
        await using var ledger = await CreateAsync();
        await ledger.CreateRunAsync("first");
        await ledger.CreateRunAsync("second");

        Assert.Equal(["second", "first"], (await ledger.Runs.ListAsync(Cancellation)).Select(run => run.Name));
    }

    [Fact]
    public async Task The_kept_file_can_be_replaced()
    {
        await using var ledger = await CreateAsync();
        var id = (await ledger.CreateRunAsync()).Id;

        await ledger.Runs.UpdateFileAsync(id, """{"version": 2}""", "beef", Cancellation);

        var run = (await ledger.Runs.FindAsync(id, Cancellation))!;
        Assert.Equal(("""{"version": 2}""", "beef"), (run.File, run.FileHash));
    }

    [Theory]
    [InlineData("state = 'completed'")]
    [InlineData("finished_at = now()")]
    [InlineData("state = 'incomplete', finished_at = now()")]
    [InlineData("reason = 'why'")]
    [InlineData("state = 'paused'")]
    public async Task The_database_refuses_a_state_that_contradicts_itself(string change)
    {
        await using var ledger = await CreateAsync();
        await ledger.CreateRunAsync();

        var refused = await Assert.ThrowsAsync<PostgresException>(() => ledger.ExecuteAsync($"UPDATE migration.run SET {change}"));

        Assert.Equal(PostgresErrorCodes.CheckViolation, refused.SqlState);
    }

    [Fact]
    public async Task Removing_a_run_removes_all_that_belongs_to_it()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        await (await ledger.WorkerAsync()).ClaimAsync(slice);

        await ledger.ExecuteAsync("DELETE FROM migration.run");

        Assert.Equal(0L, await ledger.ScalarAsync<long>(
            "SELECT (SELECT count(*) FROM migration.slice) + (SELECT count(*) FROM migration.collection)"));
    }
}
