using Migration.Contracts.Ledger;
using Npgsql;
using static Migration.Contracts.Tests.Ledger.LedgerDatabase;

namespace Migration.Contracts.Tests.Ledger;

public sealed class PlanLedgerTests
{
    [Fact]
    public async Task A_plan_stands_in_the_ledger_as_it_was_made()
    {
        await using var ledger = await CreateAsync();
        var run = await ledger.CreateRunAsync("shop", "products", "orders");

        await ledger.Plans.AddSlicesAsync(run.Id, "products", Slices(3, 4), 7, 0.25, Cancellation);

        Assert.Equal(
            [
                new PlannedCollection("products", "public.products", true, 7, 0.25),
                new PlannedCollection("orders", "public.orders", false, 0, null),
            ],
            await ledger.Plans.ListAsync(run.Id, Cancellation));
        var claim = await (await ledger.WorkerAsync()).ClaimAsync(new SliceId(run.Id, "products", 1));
        Assert.Equal((3L, 4L), (claim.Offset, claim.Limit));
        Assert.Equal(new KeyRange(At(3), At(6), "number"), claim.Range);
    }

    [Fact]
    public async Task An_empty_collection_is_planned_with_no_slice()
    {
        await using var ledger = await CreateAsync();
        var run = await ledger.CreateRunAsync();

        await ledger.Plans.AddSlicesAsync(run.Id, Collection, [], 0, null, Cancellation);

        Assert.Equal(
            [new PlannedCollection(Collection, "public.products", true, 0, null)],
            await ledger.Plans.ListAsync(run.Id, Cancellation));
        Assert.True((await ledger.Progress.ByCollectionAsync(run.Id, Cancellation))[0].Slices.AllHaveOutcome);
    }

    /// <summary>Offsets and limits, keys walked, what the refusal must say.</summary>
    public static TheoryData<string, long[], long[], long, string> Uncovering => new()
    {
        { "a gap", [0, 6], [5, 5], 10, "offset 6" },
        { "an overlap", [0, 4], [5, 6], 10, "offset 4" },
        { "a first slice that is not at 0", [1], [9], 10, "offset 1" },
        { "an empty slice", [0, 5, 5], [5, 0, 5], 10, "limit 0" },
        { "a negative limit", [0, 5, 3], [5, -2, 7], 10, "limit -2" },
        { "slices in another order", [5, 0], [5, 5], 10, "offset 5" },
        { "fewer than the keys", [0, 5], [5, 4], 10, "add up to 9" },
        { "more than the keys", [0, 5], [5, 6], 10, "add up to 11" },
        { "no slice for keys", [], [], 1, "add up to 0" },
    };

    [Theory]
    [MemberData(nameof(Uncovering))]
    public async Task Slices_that_do_not_cover_the_keys_are_refused(
        string what, long[] offsets, long[] limits, long keys, string expected)
    {
        await using var ledger = await CreateAsync();
        var run = await ledger.CreateRunAsync();
        var slices = offsets.Zip(limits, (offset, limit) => new SlicePlan(offset, limit, new KeyRange(At(0), At(0), "number")));

        var refused = await Assert.ThrowsAsync<LedgerException>(
            () => ledger.Plans.AddSlicesAsync(run.Id, Collection, [.. slices], keys, null, Cancellation));

        Assert.True(refused.Message.Contains(expected, StringComparison.Ordinal), $"{what}: {refused.Message}");
        Assert.False((await ledger.Plans.ListAsync(run.Id, Cancellation))[0].IsPlanned);
    }

    [Fact]
    public async Task A_plan_that_fails_half_way_leaves_nothing_and_can_be_made_anew()
    {
        await using var ledger = await CreateAsync();
        var run = await ledger.CreateRunAsync();
        var slices = Slices(5, 5, 5);
        var torn = slices.ToList();
        torn[2] = torn[2] with { Range = new KeyRange(At(10), At(14), "nul\0") };

        await Assert.ThrowsAsync<PostgresException>(
            () => ledger.Plans.AddSlicesAsync(run.Id, Collection, torn, 15, null, Cancellation));

        Assert.Equal(0L, await ledger.ScalarAsync<long>("SELECT count(*) FROM migration.slice"));
        Assert.False((await ledger.Plans.ListAsync(run.Id, Cancellation))[0].IsPlanned);
        await ledger.Plans.AddSlicesAsync(run.Id, Collection, slices, 15, null, Cancellation);
        Assert.Equal(3L, await ledger.ScalarAsync<long>("SELECT count(*) FROM migration.slice"));
    }

    [Fact]
    public async Task A_second_plan_for_the_same_collection_is_refused()
    {
        await using var ledger = await CreateAsync();
        var id = await ledger.PlanAsync(5, 5);

        var refused = await Assert.ThrowsAsync<LedgerException>(
            () => ledger.Plans.AddSlicesAsync(id, Collection, Slices(2, 2, 2), 6, null, Cancellation));

        Assert.Contains("not written twice", refused.Message, StringComparison.Ordinal);
        Assert.Equal(2L, await ledger.ScalarAsync<long>("SELECT count(*) FROM migration.slice"));
        Assert.Equal(10, (await ledger.Plans.ListAsync(id, Cancellation))[0].Keys);
    }

    [Fact]
    public async Task A_plan_for_a_collection_that_the_run_does_not_have_is_refused()
    {
        await using var ledger = await CreateAsync();
        var run = await ledger.CreateRunAsync();

        var refused = await Assert.ThrowsAsync<LedgerException>(
            () => ledger.Plans.AddSlicesAsync(run.Id, "prodcuts", Slices(2), 2, null, Cancellation));

        Assert.Contains("has no collection 'prodcuts'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pending_slices_come_page_by_page_in_order()
    {
        await using var ledger = await CreateAsync();
        var id = await ledger.PlanAsync([.. Enumerable.Repeat(2, 25)]);
        var seen = new List<PendingSlice>();
        List<PendingSlice> page;
        do
        {
            page = await ledger.Plans.ListPendingAsync(id, Collection, seen.LastOrDefault()?.Id.Number ?? -1, 10, TimeSpan.Zero, Cancellation);
            Assert.True(page.Count <= 10);
            seen.AddRange(page);
        }
        while (page.Count > 0);

        Assert.Equal(
            Enumerable.Range(0, 25).Select(n => new PendingSlice(new SliceId(id, Collection, n), 2 * n, 2)), seen);
    }

    [Fact]
    public async Task Pending_are_the_planned_and_those_whose_message_is_older_than_asked()
    {
        await using var ledger = await CreateAsync();
        var id = await PlanOneOfEachStateAsync(ledger);

        Assert.Equal("0 1", await PendingAsync(ledger, id, silentFor: TimeSpan.Zero));
        Assert.Equal("0", await PendingAsync(ledger, id, silentFor: TimeSpan.FromHours(1)));
    }

    [Fact]
    public async Task Marking_queued_does_not_touch_slices_in_hand_or_with_an_outcome()
    {
        await using var ledger = await CreateAsync();
        var id = await PlanOneOfEachStateAsync(ledger);

        await ledger.Plans.MarkQueuedAsync(id, Collection, [0, 1, 2, 3, 4], Cancellation);

        Assert.Equal(
            "queued queued running completed failed",
            await ledger.ScalarAsync<string>("SELECT string_agg(state, ' ' ORDER BY number) FROM migration.slice"));
        Assert.Equal("", await PendingAsync(ledger, id, silentFor: TimeSpan.FromHours(1)));
    }

    [Fact]
    public async Task Marking_queued_stays_within_its_run_and_collection()
    {
        await using var ledger = await CreateAsync();
        var run = await ledger.CreateRunAsync("shop", "products", "orders");
        await ledger.Plans.AddSlicesAsync(run.Id, "products", Slices(1, 1), 2, null, Cancellation);
        await ledger.Plans.AddSlicesAsync(run.Id, "orders", Slices(1, 1), 2, null, Cancellation);

        await ledger.Plans.MarkQueuedAsync(run.Id, "orders", [1], Cancellation);

        Assert.Equal(
            "orders 1", await ledger.ScalarAsync<string>(
                "SELECT string_agg(collection || ' ' || number, ', ') FROM migration.slice WHERE state = 'queued'"));
    }

    /// <summary>Slices 0 to 4 are planned, queued, running, completed and failed.</summary>
    private static async Task<Guid> PlanOneOfEachStateAsync(LedgerDatabase ledger)
    {
        var id = await ledger.PlanAsync(10, 10, 10, 10, 10);
        var worker = await ledger.WorkerAsync();
        await ledger.Plans.MarkQueuedAsync(id, Collection, [1], Cancellation);
        await worker.ClaimAsync(new SliceId(id, Collection, 2));
        await worker.CompleteAsync(new SliceId(id, Collection, 3), new SliceCounts(10, 10, 0, 0));
        await worker.ClaimAsync(new SliceId(id, Collection, 4));
        await worker.FailAsync(new SliceId(id, Collection, 4), most: 1);
        return id;
    }

    private static async Task<string> PendingAsync(LedgerDatabase ledger, Guid id, TimeSpan silentFor)
        => string.Join(' ', (await ledger.Plans.ListPendingAsync(id, Collection, -1, 100, silentFor, Cancellation)).Select(s => s.Id.Number));

    [Fact]
    public async Task A_slice_that_nobody_claims_however_often_it_is_sent_is_given_up()
    {
        await using var ledger = await CreateAsync();
        var run = await ledger.PlanAsync(10, 10);
        for (var i = 0; i < 3; i++)
            await ledger.Plans.MarkQueuedAsync(run, Collection, [0, 1], Cancellation);
        var worker = await ledger.WorkerAsync();
        await worker.ClaimAsync(new SliceId(run, Collection, 1));
        await worker.HandBackAsync(new SliceId(run, Collection, 1));

        Assert.Equal(0, await ledger.Progress.FailUnclaimedAsync(run, 4, Cancellation));
        Assert.Equal(1, await ledger.Progress.FailUnclaimedAsync(run, 3, Cancellation));

        var given = await ledger.SliceAsync(new SliceId(run, Collection, 0));
        Assert.Equal(SliceState.Failed, given.State);
        Assert.StartsWith("3 messages were sent for it", given.Error, StringComparison.Ordinal);
        Assert.Equal(SliceState.Queued, (await ledger.SliceAsync(new SliceId(run, Collection, 1))).State);
    }
}
