using Migration.Contracts.Ledger;
using static Migration.Contracts.Tests.Ledger.LedgerDatabase;

namespace Migration.Contracts.Tests.Ledger;

/// <summary>
/// Law 2, exactly-once effect, under everything that a queue and a cluster can do: messages delivered twice and to several
/// workers at once, workers that crash before and after the commit, wake up late, commit a batch again, hand back or give up.
/// </summary>
public sealed class ExactlyOnceTests
{
    private static readonly int[] Sizes = [1, 7, 12, 19, 25];

    /// <summary>
    /// One step after the other in an order that the seed alone decides. A model says before each step what the ledger must
    /// answer, so that a fence which lets through too much, or too little, is caught at the very step.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Any_order_of_steps_is_answered_as_the_model_says_and_leaves_each_record_once(int seed)
    {
        await using var ledger = await CreateAsync();
        var shop = await InterleavedShop.CreateAsync(ledger, Sizes, workers: 4, seed);

        for (var step = 0; step < 250; step++)
            await shop.StepAsync();

        Assert.True(shop.Refused > 0 && shop.Committed > 0, $"{shop.Committed} commits and {shop.Refused} refusals");
        await shop.FinishAsync();
        await AssertEachRecordOnceAsync(ledger, shop.RunId);
    }

    /// <summary>Truly at once. What happens when differs from run to run; the seed decides who does what.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Workers_that_fight_over_slices_leave_each_record_once(int seed)
    {
        await using var ledger = await CreateAsync();
        var run = await ledger.PlanAsync(Sizes);
        await RecordTable.CreateAsync(ledger);
        var workers = new List<RecklessWorker>();
        for (var n = 0; n < 8; n++)
            workers.Add(new RecklessWorker(await ledger.WorkerAsync($"host:{n}"), run, Sizes, new Random((seed * 100) + n)));

        await Task.WhenAll(workers.Select(worker => Task.Run(() => worker.LiveAsync(deliveries: 40), Cancellation)));

        Assert.True(workers.Sum(worker => worker.FencesLost) > 0, "Nobody ever got in another's way.");
        await new RecklessWorker(await ledger.WorkerAsync("finisher:1"), run, Sizes, new Random(seed)).FinishAsync();
        await AssertEachRecordOnceAsync(ledger, run);
    }

    private static async Task AssertEachRecordOnceAsync(LedgerDatabase ledger, Guid run)
    {
        var records = await ledger.Target.QueryAsync(
            """
            SELECT record, false FROM record UNION ALL SELECT record_id::bigint, true FROM migration.quarantine ORDER BY 1
            """,
            row => (Record: row.GetInt64(0), Quarantined: row.GetBoolean(1)), Cancellation);
        Assert.Equal(
            Enumerable.Range(0, Sizes.Sum()).Select(n => ((long)n, RecordTable.IsBad(n))), records);

        var progress = Assert.Single(await ledger.Progress.ByCollectionAsync(run, Cancellation));
        var bad = Enumerable.Range(0, Sizes.Sum()).Count(n => RecordTable.IsBad(n));
        Assert.Equal(new SliceCounts(Sizes.Sum(), Sizes.Sum() - bad, bad, 0), progress.Counts);
        Assert.Equal((new SliceTally(Sizes.Length, 0, 0, Sizes.Length, 0), 0L), (progress.Slices, progress.Mismatched));
    }
}
