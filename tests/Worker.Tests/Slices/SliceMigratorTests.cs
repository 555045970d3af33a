using Migration.Contracts.Ledger;
using Migration.TestServers;
using Npgsql;
using static Migration.Worker.Tests.Slices.Attempts;
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
    public async Task A_session_that_an_attempt_left_in_a_COPY_does_not_hold_up_the_next()
    {
        // COPY inserts a thousand rows at a time, which arrive at once; and then there is far more than what lies between the
        // two takes in, so that the COPY's end has not arrived.
        await using var lab = await CreateAsync(
            2300, batchRecords: 2300, worker: ", batchBytes: 128MiB", text: i => i < 2000 ? "x" : new string('x', 200_000));
        await ExecuteAsync(
            lab,
            """
            CREATE FUNCTION gate() RETURNS boolean LANGUAGE sql VOLATILE AS 'SELECT pg_advisory_xact_lock_shared(7) IS NOT NULL';
            ALTER TABLE public.numbers ADD UNIQUE (id), ADD CONSTRAINT gate CHECK (gate())
            """);
        var direct = new NpgsqlConnectionStringBuilder(lab.Database.ConnectionString);
        await using var proxy = new TcpProxy(direct.Host!, direct.Port);
        await using var target = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(direct.ConnectionString) { Host = "127.0.0.1", Port = proxy.Port, ApplicationName = "lost" });
        var worker = lab.Worker(target);
        var claim = await ClaimAsync(worker, lab.Slice);
        using var first = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        Task<SliceEnd> attempt;
        await using (var gate = await lab.Database.DataSource.OpenConnectionAsync(Cancellation))
        {
            await using var close = new NpgsqlCommand("SELECT pg_advisory_lock(7)", gate);
            await close.ExecuteNonQueryAsync(Cancellation);
            attempt = (await worker.AttemptAsync("numbers", Cancellation)).MakeAsync(claim, CancellationToken.None, first.Token);
            await UntilInCopyAsync(lab, waitsFor: "advisory");
            proxy.LeaveHalfOpen();
            await using var open = new NpgsqlCommand("SELECT pg_advisory_unlock(7)", gate);
            await open.ExecuteNonQueryAsync(Cancellation);
        }

        await UntilInCopyAsync(lab, waitsFor: "ClientRead");
        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => attempt);
        target.Clear();
        Assert.True(await worker.Ledger.HandBackAsync(claim, Cancellation));

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        var end = await (await worker.AttemptAsync("numbers", Cancellation)).MakeAsync(
            await ClaimAsync(worker, lab.Slice), CancellationToken.None, limit.Token);

        Assert.IsType<SliceEnd.Completed>(end);
        Assert.Equal(Enumerable.Range(0, 2300), await lab.WrittenAsync());
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

    [Fact]
    public async Task A_slice_stops_with_the_batch_that_passes_the_limit()
    {
        await using var lab = await CreateAsync(records: 95);
        await RefuseAsync(lab, "id >= 20", limit: 5);
        var worker = lab.Worker(lab.Database.DataSource);

        var end = await MigrateAsync(worker, lab.Slice);

        Assert.Equal(new SliceCounts(30, 20, 10, 0), Assert.IsType<SliceEnd.Paused>(end).Claim.Counts);
        Assert.True(await worker.Ledger.HandBackAsync(end.Claim, Cancellation));
        Assert.IsType<ClaimOutcome.Paused>(await worker.Ledger.ClaimAsync(lab.Slice, message: null, redelivered: false, Cancellation));
    }

    [Fact]
    public async Task A_slice_whose_last_batch_passes_the_limit_is_completed_and_its_collection_paused()
    {
        await using var lab = await CreateAsync(records: 10);
        await RefuseAsync(lab, "id >= 4", limit: 5);

        Assert.IsType<SliceEnd.Completed>(await MigrateAsync(lab.Worker(lab.Database.DataSource), lab.Slice));

        var progress = Assert.Single(await new ProgressLedger(lab.Database.DataSource).ByCollectionAsync(lab.Run.Id, Cancellation));
        Assert.NotNull(progress.PausedAt);
    }

    [Fact]
    public async Task A_slice_without_a_bad_record_stops_when_its_collection_was_paused_meanwhile()
    {
        await using var lab = await CreateAsync(records: 95);
        var worker = lab.Worker(lab.Database.DataSource);
        var claim = await ClaimAsync(worker, lab.Slice);
        await using (var pause = lab.Database.DataSource.CreateCommand("UPDATE migration.collection SET paused_at = now(), pause_reason = 'a test'"))
            await pause.ExecuteNonQueryAsync(Cancellation);

        var end = await MigrateAsync(worker, claim);

        Assert.Equal(10, Assert.IsType<SliceEnd.Paused>(end).Claim.Counts.Read);
    }

    private static async Task RefuseAsync(SliceLab lab, string condition, long limit)
    {
        await new PauseLedger(lab.Database.DataSource).SetLimitAsync(lab.Run.Id, "numbers", new(limit, 0), Cancellation);
        await using var refuse = lab.Database.DataSource.CreateCommand($"ALTER TABLE public.numbers ADD CHECK (NOT ({condition}))");
        await refuse.ExecuteNonQueryAsync(Cancellation);
    }

    private static async Task UntilInCopyAsync(SliceLab lab, string waitsFor)
    {
        await using var command = lab.Database.DataSource.CreateCommand(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'lost' AND state = 'active' AND query LIKE 'COPY%' AND wait_event = $1)");
        command.Parameters.Add(new() { Value = waitsFor });
        while (!(bool)(await command.ExecuteScalarAsync(Cancellation))!)
            await Task.Yield();
    }
}
