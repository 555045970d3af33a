using Migration.Contracts.Ledger;
using static Migration.Contracts.Tests.Ledger.LedgerDatabase;

namespace Migration.Contracts.Tests.Ledger;

public sealed class SliceFailureTests
{
    [Fact]
    public async Task Handing_back_does_not_count_as_an_attempt()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var worker = await ledger.WorkerAsync();
        for (var n = 0; n < 5; n++)
        {
            var claim = await worker.ClaimAsync(slice);
            Assert.Equal((n + 1, 1, 1), (claim.Claim, claim.Attempts, claim.StalledAttempts));
            Assert.True(await worker.HandBackAsync(slice));
        }

        var waiting = await ledger.SliceAsync(slice);
        Assert.Equal((SliceState.Queued, 0), (waiting.State, waiting.Attempts));
        Assert.False(await worker.HandBackAsync(slice));
    }

    [Fact]
    public async Task Handing_back_keeps_the_blame_of_earlier_attempts_and_the_checkpoint()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var worker = await ledger.WorkerAsync();
        await worker.AdvanceAsync(await worker.ClaimAsync(slice), 4, new SliceCounts(5, 5, 0, 0));
        await worker.FailAsync(slice);
        await worker.ClaimAsync(slice);
        await worker.FailAsync(slice);
        await worker.ClaimAsync(slice);
        await worker.HandBackAsync(slice);

        var claim = await worker.ClaimAsync(slice);

        Assert.Equal((4, 3, 2), (claim.Claim, claim.Attempts, claim.StalledAttempts));
        Assert.Equal(At(4), claim.Checkpoint);
    }

    [Fact]
    public async Task Handing_back_after_progress_never_counts_below_zero()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var worker = await ledger.WorkerAsync();
        await worker.AdvanceAsync(await worker.ClaimAsync(slice), 4, new SliceCounts(5, 5, 0, 0));

        await worker.HandBackAsync(slice);

        Assert.Equal(1, (await worker.ClaimAsync(slice)).StalledAttempts);
    }

    [Fact]
    public async Task A_slice_fails_once_so_many_attempts_have_moved_nothing()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var worker = await ledger.WorkerAsync();

        Assert.Equal((SliceState.Queued, 1, 1), await ClaimAndFailAsync(worker, slice));
        var waiting = await ledger.SliceAsync(slice);
        Assert.Equal((SliceState.Queued, "boom"), (waiting.State, waiting.Error));
        Assert.Equal((SliceState.Queued, 2, 2), await ClaimAndFailAsync(worker, slice));
        Assert.Equal((SliceState.Failed, 3, 3), await ClaimAndFailAsync(worker, slice));

        var failed = await ledger.SliceAsync(slice);
        Assert.Equal((SliceState.Failed, 3, "boom"), (failed.State, failed.Attempts, failed.Error));
        Assert.True(failed.Seconds > 0);
        Assert.Null(await worker.FailAsync(slice));
    }

    [Fact]
    public async Task Progress_forgives_the_attempts_before_it()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var worker = await ledger.WorkerAsync();
        await ClaimAndFailAsync(worker, slice);
        await ClaimAndFailAsync(worker, slice);

        var claim = await worker.AdvanceAsync(await worker.ClaimAsync(slice), 4, new SliceCounts(5, 5, 0, 0));

        Assert.Equal(0, claim.StalledAttempts);
        Assert.Equal((SliceState.Queued, 3, 0), await worker.FailAsync(slice));
        Assert.Equal((SliceState.Queued, 4, 1), await ClaimAndFailAsync(worker, slice));
    }

    [Fact]
    public async Task A_new_claim_clears_the_last_error()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var worker = await ledger.WorkerAsync();
        await ClaimAndFailAsync(worker, slice);

        await worker.CompleteAsync(slice, new SliceCounts(10, 10, 0, 0));

        Assert.Null((await ledger.SliceAsync(slice)).Error);
    }

    [Fact]
    public async Task An_error_that_postgresql_cannot_store_as_it_is_does_not_hide_the_failure()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var worker = await ledger.WorkerAsync();
        await worker.ClaimAsync(slice);

        Assert.NotNull(await worker.FailAsync(slice, "value 'a\0b' and '\ud800'", most: 1));

        Assert.Equal("value 'a\u2400b' and '\ufffd'", (await ledger.SliceAsync(slice)).Error);
    }

    private static async Task<(SliceState State, int Attempts, int Stalled)?> ClaimAndFailAsync(TestWorker worker, SliceId slice)
    {
        await worker.ClaimAsync(slice);
        return await worker.FailAsync(slice);
    }
}
