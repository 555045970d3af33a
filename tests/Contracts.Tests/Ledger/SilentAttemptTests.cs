using Migration.Contracts.Ledger;
using static Migration.Contracts.Tests.Ledger.LedgerDatabase;

namespace Migration.Contracts.Tests.Ledger;

/// <summary>Attempts that took their worker down: found by the next one who claims, or by reconcile.</summary>
public sealed class SilentAttemptTests
{
    [Fact]
    public async Task A_slice_taken_from_a_worker_that_said_nothing_is_a_suspect()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        await (await ledger.WorkerAsync()).ClaimAsync(slice);

        var claim = await (await ledger.WorkerAsync()).ClaimAsync(slice, redelivered: true);

        Assert.True(claim.IsSuspect);
        Assert.Equal((2, 2, 1), (claim.Attempts, claim.StalledAttempts, claim.SilentAttempts));
    }

    [Fact]
    public async Task A_slice_that_reconcile_takes_from_a_dead_worker_is_a_suspect()
    {
        await using var ledger = await CreateWhereSilenceCountsAsync();
        var slice = await ledger.PlanSliceAsync();
        var dead = await ledger.WorkerAsync();
        await dead.ClaimAsync(slice);
        await dead.FallSilentAsync();

        await ledger.Progress.ReleaseAbandonedAsync(slice.RunId, Lease, Cancellation);

        Assert.Equal(1, (await (await ledger.WorkerAsync()).ClaimAsync(slice)).SilentAttempts);
    }

    [Fact]
    public async Task A_worker_that_gets_its_own_slice_again_has_not_died()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var worker = await ledger.WorkerAsync();
        await worker.ClaimAsync(slice);

        Assert.Equal(0, (await worker.ClaimAsync(slice, redelivered: true)).SilentAttempts);
    }

    [Fact]
    public async Task A_suspect_that_waits_for_its_turn_is_not_blamed_for_what_takes_its_worker_down_meanwhile()
    {
        await using var ledger = await CreateWhereSilenceCountsAsync();
        var slice = await ledger.PlanSliceAsync();
        await (await ledger.WorkerAsync()).ClaimAsync(slice);
        await (await ledger.WorkerAsync()).TryClaimAsync(slice, redelivered: true);
        var third = await ledger.WorkerAsync();
        await third.TryClaimAsync(slice, redelivered: true);
        await third.FallSilentAsync();
        await ledger.Progress.ReleaseAbandonedAsync(slice.RunId, Lease, Cancellation);

        var claim = await (await ledger.WorkerAsync()).ClaimAsync(slice);

        Assert.Equal((2, 1), (claim.StalledAttempts, claim.SilentAttempts));
    }

    [Fact]
    public async Task An_attempt_that_moved_before_it_hung_is_a_silent_one_from_where_it_got()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var worker = await ledger.WorkerAsync();
        await worker.AdvanceAsync(await worker.ClaimAsync(slice), 4, new SliceCounts(5, 5, 0, 0));

        await worker.FailAsync(slice, "hung", tookWorkerDown: true);

        var claim = await (await ledger.WorkerAsync()).ClaimAsync(slice);
        Assert.Equal((2, 1), (claim.StalledAttempts, claim.SilentAttempts));
    }

    [Fact]
    public async Task An_attempt_that_says_how_it_ended_leaves_no_suspicion()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var worker = await ledger.WorkerAsync();
        await worker.ClaimAsync(slice);
        await worker.FailAsync(slice);
        await worker.ClaimAsync(slice);
        await worker.HandBackAsync(slice);

        Assert.False((await worker.ClaimAsync(slice)).IsSuspect);
    }

    [Fact]
    public async Task An_attempt_that_hung_counts_like_one_that_died_and_never_fails_the_slice()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var worker = await ledger.WorkerAsync();
        for (var i = 0; i < 4; i++)
        {
            await worker.ClaimAsync(slice);
            Assert.Equal(SliceState.Queued, (await worker.FailAsync(slice, most: 1, tookWorkerDown: true))!.Value.State);
        }

        Assert.Equal(4, (await worker.ClaimAsync(slice)).SilentAttempts);
    }

    [Fact]
    public async Task Deaths_do_not_use_up_the_attempts_that_may_fail()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        for (var i = 0; i < 3; i++)
            await (await ledger.WorkerAsync()).ClaimAsync(slice, redelivered: true);
        var worker = await ledger.WorkerAsync();
        await worker.ClaimAsync(slice, redelivered: true);

        Assert.Equal(SliceState.Queued, (await worker.FailAsync(slice, most: 2))!.Value.State);
        await worker.ClaimAsync(slice);
        Assert.Equal(SliceState.Failed, (await worker.FailAsync(slice, most: 2))!.Value.State);
    }

    [Fact]
    public async Task Progress_clears_a_suspect_and_what_was_noted_of_it()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        await (await ledger.WorkerAsync()).ClaimAsync(slice);
        var worker = await ledger.WorkerAsync();
        var claim = await worker.ClaimAsync(slice, redelivered: true);
        await worker.Ledger.NoteStepAsync(claim, "map", Cancellation);
        Assert.Equal("map", (await worker.ClaimAsync(slice, redelivered: true)).Step);

        var after = await worker.AdvanceAsync(await worker.ClaimAsync(slice, redelivered: true), 4, new SliceCounts(5, 5, 0, 0));

        Assert.False(after.IsSuspect);
        await worker.HandBackAsync(slice);
        var next = await worker.ClaimAsync(slice);
        Assert.Equal((0, null), (next.SilentAttempts, next.Step));
    }

    [Fact]
    public async Task A_suspect_that_was_given_away_while_it_waited_does_not_begin()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        await (await ledger.WorkerAsync()).ClaimAsync(slice);
        var waiting = await ledger.WorkerAsync();
        var claim = Assert.IsType<ClaimOutcome.Granted>(await waiting.TryClaimAsync(slice, redelivered: true)).Claim;
        await (await ledger.WorkerAsync()).TryClaimAsync(slice, redelivered: true);

        Assert.False(await waiting.Ledger.BeginAsync(claim, Cancellation));
    }

    [Fact]
    public async Task An_attempt_that_hung_after_it_had_moved_is_noted_as_well()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var worker = await ledger.WorkerAsync();
        await worker.AdvanceAsync(await worker.ClaimAsync(slice), 4, new SliceCounts(5, 5, 0, 0));

        Assert.Equal(SliceState.Queued, (await worker.FailAsync(slice, tookWorkerDown: true))!.Value.State);

        Assert.Equal(1, (await worker.ClaimAsync(slice)).SilentAttempts);
    }

    [Fact]
    public async Task A_worker_that_lives_takes_the_blame_back_for_a_slice_that_was_taken_from_it()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var overtaken = await ledger.WorkerAsync();
        var claim = await overtaken.ClaimAsync(slice);
        await (await ledger.WorkerAsync()).ClaimAsync(slice, redelivered: true);

        Assert.Equal(1, await overtaken.Ledger.ForgiveAsync(claim, Cancellation));
        Assert.Equal(0, await overtaken.Ledger.ForgiveAsync(claim, Cancellation));

        Assert.Equal(1, (await (await ledger.WorkerAsync()).ClaimAsync(slice, redelivered: true)).SilentAttempts);
    }

    [Fact]
    public async Task What_a_slice_is_blamed_with_since_it_moved_is_not_for_an_older_owner_to_take_back()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var overtaken = await ledger.WorkerAsync();
        var claim = await overtaken.ClaimAsync(slice);
        var second = await ledger.WorkerAsync();
        await second.AdvanceAsync(await second.ClaimAsync(slice, redelivered: true), 4, new SliceCounts(5, 5, 0, 0));
        await (await ledger.WorkerAsync()).ClaimAsync(slice, redelivered: true);

        Assert.Equal(0, await overtaken.Ledger.ForgiveAsync(claim, Cancellation));
    }

    [Fact]
    public async Task A_slice_whose_claim_was_granted_without_an_answer_is_let_go_by_its_owner_only()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var owner = await ledger.WorkerAsync();
        await owner.ClaimAsync(slice);

        Assert.False(await (await ledger.WorkerAsync()).Ledger.LetGoAsync(slice, Cancellation));
        Assert.True(await owner.Ledger.LetGoAsync(slice, Cancellation));

        Assert.Equal(SliceState.Queued, (await ledger.SliceAsync(slice)).State);
    }

    [Fact]
    public async Task For_a_lease_after_the_start_of_postgresql_no_heartbeat_counts_as_missing()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var worker = await ledger.WorkerAsync();
        await worker.ClaimAsync(slice);
        var sinceStart = TimeSpan.FromSeconds(await ledger.ScalarAsync<double>(
            "SELECT extract(epoch FROM clock_timestamp() - pg_postmaster_start_time())::float8"));
        await ledger.ExecuteAsync("UPDATE migration.worker SET heartbeat_at = heartbeat_at - interval '10 years'");

        Assert.Empty(await ledger.Progress.ReleaseAbandonedAsync(slice.RunId, sinceStart + TimeSpan.FromHours(1), Cancellation));
        Assert.Single(await ledger.Progress.ReleaseAbandonedAsync(slice.RunId, TimeSpan.Zero, Cancellation));
    }
}
