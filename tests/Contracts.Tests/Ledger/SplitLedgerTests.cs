using Migration.Contracts.Ledger;
using static Migration.Contracts.Tests.Ledger.LedgerDatabase;

namespace Migration.Contracts.Tests.Ledger;

public sealed class SplitLedgerTests
{
    [Fact]
    public async Task The_slice_keeps_the_first_part_and_each_other_becomes_a_slice()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var claim = await SuspectAsync(ledger, slice);

        var parts = await SplitAsync(ledger, claim, (0, 3, 4), (4, 7, 4), (8, 9, 2));

        Assert.Equal(
            [new(slice, 0, 4), new(slice with { Number = 1 }, 4, 4), new(slice with { Number = 2 }, 8, 2)], parts);
        var worker = await ledger.WorkerAsync();
        var (first, last) = (await worker.ClaimAsync(slice), await worker.ClaimAsync(slice with { Number = 2 }));
        Assert.Equal((At(0), At(3), 4, 1), (claim.Range.First, first.Range.Last, first.Limit, first.Splits));
        Assert.Equal((At(8), At(9), 2, 1), (last.Range.First, last.Range.Last, last.Limit, last.Splits));
        Assert.Equal((0, 0), (first.SilentAttempts, last.SilentAttempts));
    }

    [Fact]
    public async Task What_is_done_of_the_slice_stays_done()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var worker = await ledger.WorkerAsync();
        var claim = await worker.AdvanceAsync(await worker.ClaimAsync(slice), 3, new SliceCounts(4, 4, 0, 0));

        await SplitAsync(ledger, claim, (4, 6, 3), (7, 9, 3));

        var kept = await worker.ClaimAsync(slice);
        Assert.Equal((7, At(3), 4, At(6)), (kept.Limit, kept.Checkpoint, kept.Counts.Read, kept.Range.Last));
        Assert.Equal(10, await ledger.ScalarAsync<long>("SELECT sum(record_limit)::bigint FROM migration.slice"));
    }

    [Fact]
    public async Task One_whose_claim_was_overtaken_cuts_nothing()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var claim = await SuspectAsync(ledger, slice);
        await (await ledger.WorkerAsync()).ClaimAsync(slice, redelivered: true);

        await Assert.ThrowsAsync<FenceLostException>(() => SplitAsync(ledger, claim, (0, 4, 5), (5, 9, 5)));

        Assert.Equal(1, await ledger.ScalarAsync<long>("SELECT count(*) FROM migration.slice"));
    }

    [Fact]
    public async Task One_that_knows_an_older_checkpoint_cuts_nothing()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var worker = await ledger.WorkerAsync();
        var claim = await worker.ClaimAsync(slice);
        await worker.AdvanceAsync(claim, 3, new SliceCounts(4, 4, 0, 0));

        await Assert.ThrowsAsync<FenceLostException>(() => SplitAsync(ledger, claim, (0, 4, 5), (5, 9, 5)));
    }

    [Theory]
    [InlineData(5, 4)]
    [InlineData(5, 6)]
    [InlineData(11, -1)]
    public async Task Limits_that_do_not_add_up_cut_nothing(int first, int second)
    {
        await using var ledger = await CreateAsync();
        var claim = await SuspectAsync(ledger, await ledger.PlanSliceAsync());

        await Assert.ThrowsAsync<LedgerException>(() => SplitAsync(ledger, claim, (0, 4, first), (5, 9, second)));

        Assert.Equal(1, await ledger.ScalarAsync<long>("SELECT count(*) FROM migration.slice"));
    }

    [Fact]
    public async Task Two_that_cut_slices_of_one_collection_at_a_time_get_different_numbers()
    {
        await using var ledger = await CreateAsync();
        var run = await ledger.PlanAsync([.. Enumerable.Repeat(10, 8)]);
        var claims = new List<SliceClaim>();
        for (var number = 0; number < 8; number++)
            claims.Add(await SuspectAsync(ledger, new SliceId(run, Collection, number)));

        var parts = await Task.WhenAll(claims.Select(claim => SplitAsync(ledger, claim, (0, 4, 5), (5, 9, 5))));

        Assert.Equal(Enumerable.Range(0, 16), parts.SelectMany(p => p).Select(p => p.Id.Number).Order());
    }

    private static async Task<SliceClaim> SuspectAsync(LedgerDatabase ledger, SliceId slice)
    {
        await (await ledger.WorkerAsync()).ClaimAsync(slice);
        return await (await ledger.WorkerAsync()).ClaimAsync(slice, redelivered: true);
    }

    private static Task<IReadOnlyList<PendingSlice>> SplitAsync(
        LedgerDatabase ledger, SliceClaim claim, params (int First, int Last, int Limit)[] parts)
        => new SplitLedger(ledger.Target).SplitAsync(
            claim, [.. parts.Select(p => new SlicePart(At(p.First), At(p.Last), p.Limit))], Cancellation);
}
