using Migration.Contracts.Ledger;
using Npgsql;
using static Migration.Contracts.Tests.Ledger.LedgerDatabase;

namespace Migration.Contracts.Tests.Ledger;

public sealed class SliceClaimTests
{
    [Fact]
    public async Task A_planned_slice_is_granted_from_its_start()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();

        var claim = await (await ledger.WorkerAsync()).ClaimAsync(slice);

        Assert.Equal(new SliceClaim(slice, 1, 0, 10, new KeyRange(At(0), At(9), "number"), null, default, 1, 1), claim);
        Assert.Equal(SliceState.Running, (await ledger.SliceAsync(slice)).State);
    }

    [Fact]
    public async Task A_queued_slice_is_granted()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        await ledger.Plans.MarkQueuedAsync(slice.RunId, Collection, [0], Cancellation);

        Assert.Equal(1, (await (await ledger.WorkerAsync()).ClaimAsync(slice)).Claim);
    }

    [Fact]
    public async Task A_live_worker_keeps_its_slice_and_the_other_learns_its_name()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var owner = await ledger.WorkerAsync("alpha:17");
        await owner.ClaimAsync(slice);

        var refused = await (await ledger.WorkerAsync("beta:4")).TryClaimAsync(slice);

        Assert.Equal(new ClaimOutcome.OwnedByAnother("alpha:17"), refused);
    }

    [Fact]
    public async Task Of_many_that_claim_at_once_one_is_granted()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var workers = new List<TestWorker>();
        for (var n = 0; n < 16; n++)
            workers.Add(await ledger.WorkerAsync($"host:{n}"));

        var outcomes = await Task.WhenAll(workers.Select(worker => worker.TryClaimAsync(slice)));

        Assert.Single(outcomes, outcome => outcome is ClaimOutcome.Granted);
        Assert.Equal(15, outcomes.Count(outcome => outcome is ClaimOutcome.OwnedByAnother));
    }

    [Fact]
    public async Task A_worker_that_was_silent_for_longer_than_the_lease_loses_its_slice()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var silent = await ledger.WorkerAsync("silent:1");
        await silent.ClaimAsync(slice);
        await silent.FallSilentAsync();

        var claim = await (await ledger.WorkerAsync()).ClaimAsync(slice);

        Assert.Equal((2, 2, 2), (claim.Claim, claim.Attempts, claim.StalledAttempts));
    }

    [Fact]
    public async Task A_heartbeat_keeps_the_slice()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var owner = await ledger.WorkerAsync();
        await owner.ClaimAsync(slice);
        await owner.FallSilentAsync();

        await ledger.Workers.HeartbeatAsync(owner.Id, Cancellation);

        Assert.IsType<ClaimOutcome.OwnedByAnother>(await (await ledger.WorkerAsync()).TryClaimAsync(slice));
    }

    [Fact]
    public async Task A_worker_that_said_goodbye_lets_go_at_once()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var stopped = await ledger.WorkerAsync();
        await stopped.ClaimAsync(slice);
        await stopped.StopAsync();
        await ledger.Workers.HeartbeatAsync(stopped.Id, Cancellation);

        Assert.Equal(2, (await (await ledger.WorkerAsync()).ClaimAsync(slice)).Claim);
    }

    [Fact]
    public async Task A_redelivered_message_takes_the_slice_from_a_live_worker()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var former = await ledger.WorkerAsync("former:1");
        var old = await former.ClaimAsync(slice);

        var claim = await (await ledger.WorkerAsync()).ClaimAsync(slice, redelivered: true);

        Assert.Equal(2, claim.Claim);
        await Assert.ThrowsAsync<FenceLostException>(() => former.AdvanceAsync(old, 4, new SliceCounts(5, 5, 0, 0)));
        Assert.False(await former.HandBackAsync(slice));
        Assert.Null(await former.FailAsync(slice));
    }

    /// <summary>Else the death of a worker would be counted twice: by whoever freed the slice, and by whoever is given its message.</summary>
    [Fact]
    public async Task A_redelivered_message_takes_nothing_from_a_worker_that_has_the_slice_by_another_message()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var (lost, fresh) = (Guid.NewGuid(), Guid.NewGuid());
        var dead = await ledger.WorkerAsync("dead:1");
        await dead.ClaimAsync(slice, message: lost);
        await dead.FallSilentAsync();
        var heir = await ledger.WorkerAsync("heir:1");
        var held = await heir.ClaimAsync(slice, message: fresh);

        var refused = await (await ledger.WorkerAsync()).TryClaimAsync(slice, redelivered: true, message: lost);

        Assert.Equal("heir:1", Assert.IsType<ClaimOutcome.OwnedByAnother>(refused).Worker);
        Assert.Equal(5, (await heir.AdvanceAsync(held, 4, new SliceCounts(5, 5, 0, 0))).Counts.Read);
        var taken = await (await ledger.WorkerAsync()).ClaimAsync(slice, redelivered: true, message: fresh);
        Assert.Equal((held.Claim + 1, 1), (taken.Claim, taken.SilentAttempts));
    }

    [Fact]
    public async Task A_worker_may_claim_its_own_slice_again_and_goes_on_from_the_checkpoint()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var worker = await ledger.WorkerAsync();
        await worker.AdvanceAsync(await worker.ClaimAsync(slice), 3, new SliceCounts(4, 2, 1, 1));

        var again = await worker.ClaimAsync(slice);

        Assert.Equal(2, again.Claim);
        Assert.Equal(At(3), again.Checkpoint);
        Assert.Equal(new SliceCounts(4, 2, 1, 1), again.Counts);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_completed_slice_is_already_done_with_its_counts(bool redelivered)
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var worker = await ledger.WorkerAsync();
        await worker.CompleteAsync(slice, new SliceCounts(10, 7, 2, 1));

        var outcome = await worker.TryClaimAsync(slice, redelivered);

        var done = Assert.IsType<ClaimOutcome.AlreadyDone>(outcome).Slice;
        Assert.Equal(SliceState.Completed, done.State);
        Assert.Equal(new SliceCounts(10, 7, 2, 1), done.Counts);
        Assert.Equal((0L, 10L, 1), (done.Offset, done.Limit, done.Attempts));
        Assert.True(done.Seconds > 0);
    }

    [Fact]
    public async Task A_failed_slice_is_already_done_with_its_error()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var worker = await ledger.WorkerAsync();
        await worker.ClaimAsync(slice);
        await worker.FailAsync(slice, "no such column", most: 1);

        var done = Assert.IsType<ClaimOutcome.AlreadyDone>(await worker.TryClaimAsync(slice, redelivered: true)).Slice;

        Assert.Equal((SliceState.Failed, "no such column"), (done.State, done.Error));
    }

    [Fact]
    public async Task A_slice_that_the_ledger_does_not_have_is_unknown()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var worker = await ledger.WorkerAsync();

        Assert.IsType<ClaimOutcome.Unknown>(await worker.TryClaimAsync(slice with { RunId = Guid.NewGuid() }));
        Assert.IsType<ClaimOutcome.Unknown>(await worker.TryClaimAsync(slice with { Collection = "orders" }));
        Assert.IsType<ClaimOutcome.Unknown>(await worker.TryClaimAsync(slice with { Number = 1 }));
    }

    [Fact]
    public async Task A_worker_that_never_registered_gets_nothing()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var stranger = new TestWorker(Guid.NewGuid(), "stranger:1", ledger);

        var refused = await Assert.ThrowsAsync<PostgresException>(() => stranger.TryClaimAsync(slice));

        Assert.Equal(PostgresErrorCodes.ForeignKeyViolation, refused.SqlState);
        Assert.Equal(SliceState.Planned, (await ledger.SliceAsync(slice)).State);
    }
}
