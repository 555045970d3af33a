using Migration.Contracts.Ledger;
using Npgsql;
using static Migration.Contracts.Tests.Ledger.LedgerDatabase;

namespace Migration.Contracts.Tests.Ledger;

public sealed class ProgressLedgerTests
{
    [Fact]
    public async Task Totals_are_told_by_collection_in_the_order_of_the_file()
    {
        await using var ledger = await CreateAsync();
        var run = await ledger.CreateRunAsync("shop", "products", "customers", "orders");
        await ledger.Plans.AddSlicesAsync(run.Id, "products", Slices(10, 10, 10, 10, 10, 3), 53, 0.5, Cancellation);
        await ledger.Plans.AddSlicesAsync(run.Id, "orders", [], 0, null, Cancellation);
        var worker = await ledger.WorkerAsync();
        await ledger.Plans.MarkQueuedAsync(run.Id, "products", [1], Cancellation);
        await worker.AdvanceAsync(await worker.ClaimAsync(Slice(run, 2)), 22, new SliceCounts(3, 1, 1, 1));
        await worker.CompleteAsync(Slice(run, 3), new SliceCounts(10, 7, 2, 1));
        await worker.CompleteAsync(Slice(run, 4), new SliceCounts(9, 9, 0, 0));
        await FailAsync(worker, Slice(run, 5));

        Assert.Equal(
            [
                new CollectionProgress(
                    new PlannedCollection("products", "public.products", true, 53, 0.5), new SliceTally(6, 2, 1, 2, 1),
                    new SliceCounts(22, 17, 3, 2), Mismatched: 1, Attempts: 4, Limits: 53),
                new CollectionProgress(
                    new PlannedCollection("customers", "public.customers", false, 0, null), default, default, 0, 0, 0),
                new CollectionProgress(
                    new PlannedCollection("orders", "public.orders", true, 0, null), default, default, 0, 0, 0),
            ],
            await ledger.Progress.ByCollectionAsync(run.Id, Cancellation));
    }

    [Fact]
    public async Task Other_runs_do_not_show()
    {
        await using var ledger = await CreateAsync();
        var first = await ledger.PlanAsync(10);
        var second = await ledger.CreateRunAsync("other");
        await ledger.Plans.AddSlicesAsync(second.Id, Collection, Slices(4), 4, null, Cancellation);
        await FailAsync(await ledger.WorkerAsync(), Slice(second, 0));

        var progress = Assert.Single(await ledger.Progress.ByCollectionAsync(first, Cancellation));

        Assert.Equal(new SliceTally(1, 1, 0, 0, 0), progress.Slices);
        Assert.Empty(await ledger.Progress.ListTroubledAsync(first, 10, Cancellation));
        Assert.Single(await ledger.Progress.ListTroubledAsync(second.Id, 10, Cancellation));
    }

    [Fact]
    public async Task Troubled_are_the_failed_and_those_that_read_another_number_than_planned()
    {
        await using var ledger = await CreateAsync();
        var run = await ledger.PlanAsync(10, 10, 10, 10, 10);
        var worker = await ledger.WorkerAsync();
        await worker.CompleteAsync(new SliceId(run, Collection, 0), new SliceCounts(10, 10, 0, 0));
        await worker.CompleteAsync(new SliceId(run, Collection, 1), new SliceCounts(11, 11, 0, 0));
        await FailAsync(worker, new SliceId(run, Collection, 2));
        await worker.ClaimAsync(new SliceId(run, Collection, 3));

        var troubled = await ledger.Progress.ListTroubledAsync(run, 10, Cancellation);

        Assert.Equal([(1, SliceState.Completed), (2, SliceState.Failed)], troubled.Select(s => (s.Id.Number, s.State)));
        Assert.Equal("boom", troubled[1].Error);
        Assert.Equal(1, Assert.Single(await ledger.Progress.ListTroubledAsync(run, 1, Cancellation)).Id.Number);
    }

    [Fact]
    public async Task A_slice_that_is_not_there_is_not_found()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();

        Assert.Null(await ledger.Progress.FindSliceAsync(slice with { Number = 1 }, Cancellation));
        Assert.Equal(
            new SliceProgress(slice, SliceState.Planned, 0, 10, default, 0, 0, null),
            await ledger.Progress.FindSliceAsync(slice, Cancellation));
    }

    [Fact]
    public async Task Slices_of_stopped_and_silent_workers_are_released_and_those_of_live_ones_are_not()
    {
        await using var ledger = await CreateWhereSilenceCountsAsync();
        var run = await ledger.PlanAsync(10, 10, 10, 10, 10, 10);
        var (live, stopped, silent) = (await ledger.WorkerAsync("live:1"), await ledger.WorkerAsync(), await ledger.WorkerAsync());
        await live.ClaimAsync(new SliceId(run, Collection, 0));
        await stopped.ClaimAsync(new SliceId(run, Collection, 1));
        await silent.ClaimAsync(new SliceId(run, Collection, 2));
        await stopped.CompleteAsync(new SliceId(run, Collection, 3), new SliceCounts(10, 10, 0, 0));
        await ledger.Plans.MarkQueuedAsync(run, Collection, [4], Cancellation);
        await stopped.StopAsync();
        await silent.FallSilentAsync();
        Assert.Equal(["live:1"], await ledger.Workers.LiveOwnersAsync(run, Lease, Cancellation));

        var released = await ledger.Progress.ReleaseAbandonedAsync(run, Lease, Cancellation);

        Assert.Equal(
            [new PendingSlice(new SliceId(run, Collection, 1), 10, 10), new PendingSlice(new SliceId(run, Collection, 2), 20, 10)],
            released.OrderBy(slice => slice.Offset));
        Assert.Equal(
            "running queued queued completed queued planned",
            await ledger.ScalarAsync<string>("SELECT string_agg(state, ' ' ORDER BY number) FROM migration.slice"));
        Assert.Empty(await ledger.Progress.ReleaseAbandonedAsync(run, Lease, Cancellation));
    }

    [Fact]
    public async Task A_released_slice_keeps_its_checkpoint_and_refuses_its_former_owner()
    {
        await using var ledger = await CreateWhereSilenceCountsAsync();
        var slice = await ledger.PlanSliceAsync();
        var silent = await ledger.WorkerAsync();
        var claim = await silent.AdvanceAsync(await silent.ClaimAsync(slice), 4, new SliceCounts(5, 5, 0, 0));
        await silent.FallSilentAsync();
        await ledger.Progress.ReleaseAbandonedAsync(slice.RunId, Lease, Cancellation);

        await Assert.ThrowsAsync<FenceLostException>(() => silent.AdvanceAsync(claim, 9, new SliceCounts(5, 5, 0, 0), true));

        var next = await (await ledger.WorkerAsync()).ClaimAsync(slice);
        Assert.Equal((2, 2, 2, 1), (next.Claim, next.Attempts, next.StalledAttempts, next.SilentAttempts));
        Assert.Equal(At(4), next.Checkpoint);
    }

    [Fact]
    public async Task A_worker_that_died_before_the_clock_was_set_back_is_not_waited_for_until_then()
    {
        await using var ledger = await CreateWhereSilenceCountsAsync();
        var slice = await ledger.PlanSliceAsync();
        await (await ledger.WorkerAsync()).ClaimAsync(slice);
        await ledger.ExecuteAsync("UPDATE migration.worker SET heartbeat_at = heartbeat_at + $1", Lease * 2);
        Assert.Empty(await ledger.Workers.LiveOwnersAsync(slice.RunId, Lease, Cancellation));

        Assert.Single(await ledger.Progress.ReleaseAbandonedAsync(slice.RunId, Lease, Cancellation));
    }

    [Fact]
    public async Task A_worker_that_fell_silent_in_the_middle_of_a_batch_holds_nobody_up()
    {
        await using var ledger = await CreateWhereSilenceCountsAsync();
        var slice = await ledger.PlanSliceAsync();
        var worker = await ledger.WorkerAsync("a-host-whose-name-is-longer-than-what-postgresql-keeps-of-it:4711");
        var claim = await worker.ClaimAsync(slice);
        var builder = new NpgsqlConnectionStringBuilder(ledger.ConnectionString)
        {
            ApplicationName = WorkerSession.ApplicationName(worker.Name),
            Pooling = false,
        };
        await using var session = new NpgsqlConnection(builder.ConnectionString);
        await session.OpenAsync(Cancellation);
        await using var transaction = await session.BeginTransactionAsync(Cancellation);
        await SliceLedger.AdvanceAsync(transaction, claim, At(4), new SliceCounts(5, 5, 0, 0), false, Cancellation);
        await worker.FallSilentAsync();

        Assert.Single(await ledger.Progress.ReleaseAbandonedAsync(slice.RunId, Lease, Cancellation));

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => transaction.CommitAsync(Cancellation));
        Assert.Equal(0, (await ledger.SliceAsync(slice)).Counts.Read);
    }

    [Fact]
    public async Task A_run_without_slices_in_hand_has_no_live_owner()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var worker = await ledger.WorkerAsync("idle:1");
        await worker.CompleteAsync(slice, new SliceCounts(10, 10, 0, 0));

        Assert.Empty(await ledger.Workers.LiveOwnersAsync(slice.RunId, Lease, Cancellation));
    }

    private static SliceId Slice(RunRecord run, int number) => new(run.Id, Collection, number);

    private static async Task FailAsync(TestWorker worker, SliceId slice)
    {
        await worker.ClaimAsync(slice);
        await worker.FailAsync(slice, most: 1);
    }
}
