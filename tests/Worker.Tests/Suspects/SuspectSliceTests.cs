using Migration.Contracts.Ledger;
using Migration.Worker.Consumers;
using Migration.Worker.Tests.Slices;

namespace Migration.Worker.Tests.Suspects;

/// <summary>Workers that die are played by claims that nobody ends; the ledger and the dump are real.</summary>
public sealed class SuspectSliceTests
{
    private const int MaxAttempts = 3;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1000, 618)]
    [InlineData(1000, 0)]
    [InlineData(1000, 999)]
    [InlineData(37, 20)]
    [InlineData(1, 0)]
    public async Task The_record_at_fault_is_found_quarantined_and_all_its_neighbours_are_in(int records, int poison)
    {
        await using var lab = await SliceLab.CreateAsync(records, batchRecords: 2000, maxAttempts: MaxAttempts);

        var deaths = await MigrateWithDeathsAsync(lab, poison);

        Assert.Equal(Enumerable.Range(0, records).Where(id => id != poison), await lab.WrittenAsync());
        Assert.Equal(poison, await NumberAsync(lab, "SELECT (record_id::json ->> '$numberInt')::int FROM migration.quarantine"));
        Assert.Equal(0, await NumberAsync(lab, "SELECT count(*)::int FROM migration.slice WHERE state <> 'completed' OR read <> record_limit"));
        Assert.Equal(records, await NumberAsync(lab, "SELECT sum(record_limit)::int FROM migration.slice"));
        Assert.InRange(deaths, MaxAttempts, MaxAttempts + Math.Ceiling(Math.Log2(Math.Max(2, records))));
    }

    [Fact]
    public async Task A_quarantined_killer_says_at_which_step_it_kills_and_is_kept_whole()
    {
        await using var lab = await SliceLab.CreateAsync(1, maxAttempts: MaxAttempts);
        await MigrateWithDeathsAsync(lab, 0);

        Assert.Equal(1, await NumberAsync(lab, "SELECT count(*)::int FROM migration.quarantine WHERE stage = 'map' AND document_json ->> 'text' = 'record 0'"));
    }

    [Fact]
    public async Task Below_its_attempts_a_suspect_is_migrated_like_any_other()
    {
        await using var lab = await SliceLab.CreateAsync(30, batchRecords: 100, maxAttempts: MaxAttempts);
        for (var death = 1; death < MaxAttempts; death++)
            await ClaimAsync(lab);

        Assert.IsType<SliceEnd.Completed>(await AttemptAsync(lab, await ClaimAsync(lab)));
        Assert.Equal(Enumerable.Range(0, 30), await lab.WrittenAsync());
    }

    [Fact]
    public async Task A_suspect_whose_worker_dies_of_cutting_it_becomes_a_dead_letter()
    {
        await using var lab = await SliceLab.CreateAsync(30, maxAttempts: MaxAttempts);
        for (var death = 1; death <= MaxAttempts + 3; death++)
            await ClaimAsync(lab);
        var claim = await ClaimAsync(lab);

        await Assert.ThrowsAsync<SliceGivenUpException>(() => AttemptAsync(lab, claim));
    }

    [Fact]
    public async Task One_that_was_overtaken_cuts_nothing()
    {
        await using var lab = await SliceLab.CreateAsync(30, maxAttempts: 1);
        await ClaimAsync(lab);
        var overtaken = await ClaimAsync(lab);
        await ClaimAsync(lab);

        await Assert.ThrowsAsync<FenceLostException>(() => AttemptAsync(lab, overtaken));
        Assert.Equal(1, await NumberAsync(lab, "SELECT count(*)::int FROM migration.slice"));
    }

    /// <summary>
    /// Takes what waits until nothing does; a worker that holds the poison vanishes at the step of mapping.
    /// </summary>
    private static async Task<int> MigrateWithDeathsAsync(SliceLab lab, int poison)
    {
        var deaths = 0;
        while (await WaitingAsync(lab) is { } slice)
        {
            var worker = lab.Worker(lab.Database.DataSource);
            var claim = await ClaimAsync(lab, slice);
            var isResolved = claim.SilentAttempts >= (claim.Remaining == 1 ? 3 : claim.Splits == 0 ? MaxAttempts : 1);
            if (!isResolved && await HoldsAsync(worker, claim, poison))
            {
                deaths++;
                if (claim.Remaining == 1)
                    await worker.Ledger.NoteStepAsync(claim, "map", Cancellation);
                continue;
            }

            var end = await AttemptAsync(lab, claim);
            if (end is SliceEnd.Unfinished)
                Assert.True(await worker.Ledger.HandBackAsync(end.Claim, Cancellation));
        }

        return deaths;
    }

    /// <summary>A slice without an outcome: what a live worker would be given by the broker.</summary>
    private static async Task<int?> WaitingAsync(SliceLab lab)
    {
        await using var command = lab.Database.DataSource.CreateCommand(
            "SELECT min(number) FROM migration.slice WHERE state NOT IN ('completed', 'failed')");
        return await command.ExecuteScalarAsync(Cancellation) as int?;
    }

    private static async Task<bool> HoldsAsync(RunContext worker, SliceClaim claim, int poison)
    {
        var source = await worker.SourceAsync("numbers", Cancellation);
        using var page = await source.ReadPageAsync(claim.Range, claim.Checkpoint, int.MaxValue, int.MaxValue, Cancellation);
        return page.Records.Any(record => BitConverter.ToInt32(record.Document.Span[9..]) == poison);
    }

    /// <summary>By a worker that did not exist before, from one that is not heard of any more.</summary>
    private static async Task<SliceClaim> ClaimAsync(SliceLab lab, int slice = 0)
    {
        var worker = lab.Worker(lab.Database.DataSource);
        var claim = Assert.IsType<ClaimOutcome.Granted>(
            await worker.Ledger.ClaimAsync(lab.Slice with { Number = slice }, message: null, redelivered: true, Cancellation)).Claim;
        Assert.True(await worker.Ledger.BeginAsync(claim, Cancellation));
        return claim;
    }

    private static async Task<SliceEnd> AttemptAsync(SliceLab lab, SliceClaim claim)
    {
        var attempt = await lab.Worker(lab.Database.DataSource).AttemptAsync("numbers", Cancellation);
        return await attempt.MakeAsync(claim, CancellationToken.None, Cancellation);
    }

    private static async Task<int> NumberAsync(SliceLab lab, string sql)
    {
        await using var command = lab.Database.DataSource.CreateCommand(sql);
        return (int)(await command.ExecuteScalarAsync(Cancellation))!;
    }
}
