using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using static Migration.Contracts.Tests.Ledger.LedgerDatabase;

namespace Migration.Contracts.Tests.Ledger;

public sealed class PauseLedgerTests
{
    [Fact]
    public async Task A_collection_pauses_when_its_slices_together_pass_the_limit_and_not_before()
    {
        await using var ledger = await CreateAsync();
        var run = await ledger.PlanAsync(10, 10);
        var pauses = await LimitAsync(ledger, run, new QuarantineLimit(5, 0));
        var worker = await ledger.WorkerAsync();
        await worker.CompleteAsync(new SliceId(run, Collection, 0), new SliceCounts(10, 5, 5, 0));

        Assert.Equal(new QuarantineLevel(5, 5, null, false), await pauses.CheckAsync(run, Collection, Cancellation));

        await worker.CompleteAsync(new SliceId(run, Collection, 1), new SliceCounts(10, 9, 1, 0));
        const string reason = "6 of the 20 records read are quarantined, and maxQuarantined allows 5";
        Assert.Equal(new QuarantineLevel(6, 5, reason, true), await pauses.CheckAsync(run, Collection, Cancellation));
        Assert.Equal(new QuarantineLevel(6, 5, reason, false), await pauses.CheckAsync(run, Collection, Cancellation));
        var progress = Assert.Single(await ledger.Progress.ByCollectionAsync(run, Cancellation));
        Assert.Equal((5L, reason), (progress.MaxQuarantined, progress.PauseReason));
        Assert.NotNull(progress.PausedAt);
    }

    [Fact]
    public async Task Of_many_that_check_at_once_one_pauses_it()
    {
        await using var ledger = await CreateAsync();
        var run = await PausedAsync(ledger, check: false);
        var pauses = new PauseLedger(ledger.Target);

        var levels = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => pauses.CheckAsync(run, Collection, Cancellation)));

        Assert.Single(levels, level => level.PausedNow);
    }

    [Theory]
    [InlineData("25%", 5)]
    [InlineData("7", 7)]
    [InlineData("1%", 0)]
    public async Task A_share_is_of_the_records_planned(string limit, long allowed)
    {
        await using var ledger = await CreateAsync();
        var run = await ledger.PlanAsync(10, 11);

        await LimitAsync(ledger, run, QuarantineLimit.Parse(limit)!);

        Assert.Equal(allowed, Assert.Single(await ledger.Progress.ByCollectionAsync(run, Cancellation)).MaxQuarantined);
    }

    [Fact]
    public async Task Slices_of_a_paused_collection_are_neither_given_away_nor_sent()
    {
        await using var ledger = await CreateAsync();
        var run = await PausedAsync(ledger);

        var refused = await (await ledger.WorkerAsync()).TryClaimAsync(new SliceId(run, Collection, 1));

        Assert.StartsWith("3 of the 10 records", Assert.IsType<ClaimOutcome.Paused>(refused).Reason, StringComparison.Ordinal);
        Assert.Empty(await ledger.Plans.ListPendingAsync(run, Collection, -1, 10, TimeSpan.Zero, Cancellation));
        var progress = Assert.Single(await ledger.Progress.ByCollectionAsync(run, Cancellation));
        Assert.True(progress.IsOver);
    }

    [Fact]
    public async Task A_slice_that_has_its_outcome_says_so_though_its_collection_is_paused()
    {
        await using var ledger = await CreateAsync();
        var run = await PausedAsync(ledger);

        Assert.IsType<ClaimOutcome.AlreadyDone>(await (await ledger.WorkerAsync()).TryClaimAsync(new SliceId(run, Collection, 0)));
    }

    [Fact]
    public async Task Whoever_has_a_slice_in_hand_learns_of_the_pause_with_its_next_batch()
    {
        await using var ledger = await CreateAsync();
        var run = await ledger.PlanAsync(10, 10);
        var pauses = await LimitAsync(ledger, run, new QuarantineLimit(2, 0));
        var worker = await ledger.WorkerAsync();
        var claim = await worker.ClaimAsync(new SliceId(run, Collection, 1));
        Assert.False((claim = await worker.AdvanceAsync(claim, 11, new SliceCounts(2, 2, 0, 0))).IsPaused);
        await worker.CompleteAsync(new SliceId(run, Collection, 0), new SliceCounts(10, 7, 3, 0));
        await pauses.CheckAsync(run, Collection, Cancellation);

        Assert.True((await worker.AdvanceAsync(claim, 12, new SliceCounts(1, 1, 0, 0))).IsPaused);
        Assert.False(Assert.Single(await ledger.Progress.ByCollectionAsync(run, Cancellation)).IsOver);
    }

    [Theory]
    [InlineData(true, 2, false)]
    [InlineData(true, 3, true)]
    [InlineData(false, 2, true)]
    public async Task A_collection_goes_on_where_the_user_says_so_or_the_limit_allows(bool onlyWithinLimit, long limit, bool goesOn)
    {
        await using var ledger = await CreateAsync();
        var run = await PausedAsync(ledger);
        await ledger.Plans.MarkQueuedAsync(run, Collection, [1], Cancellation);
        var pauses = await LimitAsync(ledger, run, new QuarantineLimit(limit, 0));

        var resumed = await pauses.ResumeAsync(run, onlyWithinLimit, Cancellation);

        Assert.Equal(goesOn ? [(Collection, 3L, limit)] : [], resumed.Select(r => (r.Name, r.Quarantined, r.Limit)));
        var pending = await ledger.Plans.ListPendingAsync(run, Collection, -1, 10, TimeSpan.FromDays(1), Cancellation);
        Assert.Equal(goesOn ? [1] : [], pending.Select(slice => slice.Id.Number));
    }

    [Fact]
    public async Task Without_a_limit_nothing_pauses()
    {
        await using var ledger = await CreateAsync();
        var run = await ledger.PlanAsync(10);
        await (await ledger.WorkerAsync()).CompleteAsync(new SliceId(run, Collection, 0), new SliceCounts(10, 0, 10, 0));

        Assert.Equal(
            new QuarantineLevel(10, long.MaxValue, null, false),
            await new PauseLedger(ledger.Target).CheckAsync(run, Collection, Cancellation));
    }

    /// <summary>Two slices of ten; the first is done with three records in quarantine, and two are allowed.</summary>
    private static async Task<Guid> PausedAsync(LedgerDatabase ledger, bool check = true)
    {
        var run = await ledger.PlanAsync(10, 10);
        var pauses = await LimitAsync(ledger, run, new QuarantineLimit(2, 0));
        await (await ledger.WorkerAsync()).CompleteAsync(new SliceId(run, Collection, 0), new SliceCounts(10, 7, 3, 0));
        if (check)
            Assert.True((await pauses.CheckAsync(run, Collection, Cancellation)).PausedNow);
        return run;
    }

    private static async Task<PauseLedger> LimitAsync(LedgerDatabase ledger, Guid run, QuarantineLimit limit)
    {
        var pauses = new PauseLedger(ledger.Target);
        await pauses.SetLimitAsync(run, Collection, limit, Cancellation);
        return pauses;
    }
}
