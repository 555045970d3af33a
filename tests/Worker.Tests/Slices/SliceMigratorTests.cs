using Migration.Contracts.Ledger;
using Npgsql;
using static Migration.Worker.Tests.Slices.SliceLab;

namespace Migration.Worker.Tests.Slices;

public sealed class SliceMigratorTests
{
    [Fact]
    public async Task A_slice_is_read_in_pages_and_completed()
    {
        await using var lab = await CreateAsync(records: 95);

        var end = await MigrateAsync(lab.Worker(lab.Database.DataSource), lab.Slice);

        Assert.IsType<SliceEnd.Completed>(end);
        Assert.Equal(new SliceCounts(95, 95, 0, 0), end.Claim.Counts);
        Assert.Equal(Enumerable.Range(0, 95), await lab.WrittenAsync());
        Assert.Equal(SliceState.Completed, (await lab.ProgressAsync()).State);
    }

    [Theory]
    [InlineData(true, 35)] // carried out, but the worker does not hear of it
    [InlineData(false, 35)] // never arrived
    [InlineData(true, 10)] // the last and only batch: the slice is completed without the worker's knowing
    [InlineData(false, 10)]
    public async Task A_commit_whose_answer_is_lost_leaves_one_copy_of_each_row(bool carriedOut, int records)
    {
        await using var lab = await CreateAsync(records);
        var direct = new NpgsqlConnectionStringBuilder(lab.Database.ConnectionString);
        await using var proxy = new CommitProxy(direct.Host!, direct.Port);
        await using var target = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(direct.ConnectionString) { Host = "127.0.0.1", Port = proxy.Port });
        proxy.LoseNextCommit(carriedOut, async () =>
        {
            // Until PostgreSQL has done it; nobody else changes the slice meanwhile.
            while (carriedOut && (await lab.ProgressAsync()).Counts.Read == 0)
                await Task.Yield();
        });

        var end = await MigrateAsync(lab.Worker(target), lab.Slice);

        Assert.Equal(1, proxy.Lost);
        Assert.IsType<SliceEnd.Completed>(end);
        Assert.Equal(Enumerable.Range(0, records), await lab.WrittenAsync());
        var slice = await lab.ProgressAsync();
        Assert.Equal((SliceState.Completed, new SliceCounts(records, records, 0, 0)), (slice.State, slice.Counts));
        Assert.Equal(slice.Counts, end.Claim.Counts);
    }

    [Fact]
    public async Task A_worker_whose_slice_was_given_away_writes_nothing_more()
    {
        await using var lab = await CreateAsync(records: 30);
        var slow = lab.Worker(lab.Database.DataSource);
        var quick = lab.Worker(lab.Database.DataSource);
        var claim = await ClaimAsync(slow, lab.Slice);

        // Taken from a worker that may be dead, it is a suspect for one batch.
        var first = Assert.IsType<SliceEnd.Unfinished>(await MigrateAsync(quick, lab.Slice, redelivered: true));
        Assert.True(await quick.Ledger.HandBackAsync(first.Claim, Cancellation));
        Assert.IsType<SliceEnd.Completed>(await MigrateAsync(quick, lab.Slice));

        var attempt = await slow.AttemptAsync("numbers", Cancellation);
        await Assert.ThrowsAsync<FenceLostException>(
            () => attempt.MakeAsync(claim, CancellationToken.None, Cancellation));
        Assert.Equal(Enumerable.Range(0, 30), await lab.WrittenAsync());
    }

    [Fact]
    public async Task A_worker_that_is_asked_to_stop_commits_its_batch_and_another_goes_on_from_there()
    {
        await using var lab = await CreateAsync(records: 30);
        var first = lab.Worker(lab.Database.DataSource);
        var claim = await ClaimAsync(first, lab.Slice);
        var attempt = await first.AttemptAsync("numbers", Cancellation);

        var end = await attempt.MakeAsync(claim, drain: new CancellationToken(canceled: true), Cancellation);

        Assert.Equal(10, Assert.IsType<SliceEnd.Unfinished>(end).Claim.Counts.Read);
        Assert.True(await first.Ledger.HandBackAsync(end.Claim, Cancellation));
        Assert.IsType<SliceEnd.Completed>(await MigrateAsync(lab.Worker(lab.Database.DataSource), lab.Slice));
        Assert.Equal(Enumerable.Range(0, 30), await lab.WrittenAsync());
    }

    private static async Task<SliceClaim> ClaimAsync(RunContext worker, SliceId slice, bool redelivered = false)
        => Assert.IsType<ClaimOutcome.Granted>(
            await worker.Ledger.ClaimAsync(slice, redelivered, Cancellation)).Claim;

    private static async Task<SliceEnd> MigrateAsync(RunContext worker, SliceId slice, bool redelivered = false)
    {
        var claim = await ClaimAsync(worker, slice, redelivered);
        var attempt = await worker.AttemptAsync("numbers", Cancellation);
        return await attempt.MakeAsync(claim, CancellationToken.None, Cancellation);
    }
}
