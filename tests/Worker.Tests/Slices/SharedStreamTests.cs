using Migration.Contracts.Ledger;
using Migration.Worker.Suspects;
using MongoDB.Bson;
using Npgsql;
using static Migration.Worker.Tests.Slices.Attempts;
using static Migration.Worker.Tests.Slices.SliceLab;

namespace Migration.Worker.Tests.Slices;

/// <summary>Small slices that wait for the one lane that is left, and go to PostgreSQL together by one COPY and one commit.</summary>
public sealed class SharedStreamTests
{
    private const int SliceRecords = 10;
    private const int Slices = 6;

    /// <summary>Which of the six is not at the beginning of the queue, nor at its end.</summary>
    private const int Middle = 3;

    [Fact]
    public async Task Slices_that_wait_together_are_one_COPY_and_one_commit()
    {
        await using var lab = await LabAsync();
        var worker = await WorkerAsync(lab, lab.Database.DataSource);

        var ends = await Task.WhenAll(await BeginTogetherAsync(lab, worker));

        Assert.All(ends, end => Assert.IsType<SliceEnd.Completed>(end));
        Assert.All(ends, end => Assert.Equal(new SliceCounts(10, 10, 0, 0), end.Claim.Counts));
        await AssertAllAreThereOnceAsync(lab);
        Assert.Equal(1L, await ScalarAsync<long>(lab, "SELECT count(DISTINCT xmin::text) FROM public.numbers WHERE id >= 10"));
    }

    [Fact]
    public async Task A_row_that_PostgreSQL_refuses_costs_the_other_slices_nothing()
    {
        await using var lab = await LabAsync();
        await ExecuteAsync(lab, "ALTER TABLE public.numbers ADD CHECK (id <> 35)");
        var worker = await WorkerAsync(lab, lab.Database.DataSource);

        var ends = await Task.WhenAll(await BeginTogetherAsync(lab, worker));

        Assert.Equal(
            Enumerable.Range(1, 5).Select(slice => slice == Middle ? new SliceCounts(10, 9, 1, 0) : new SliceCounts(10, 10, 0, 0)),
            ends.Select(end => end.Claim.Counts));
        await AssertAllAreThereOnceAsync(lab, 35);
        Assert.Equal("3", await ScalarAsync<string>(lab, "SELECT string_agg(slice::text, ',') FROM migration.quarantine"));
    }

    [Fact]
    public async Task What_PostgreSQL_says_of_one_slice_alone_is_not_blamed_on_the_others()
    {
        await using var lab = await LabAsync();
        await ExecuteAsync(
            lab,
            """
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no'' USING ERRCODE = ''MY001''; END';
            CREATE TRIGGER refuse AFTER INSERT ON public.numbers FOR EACH ROW WHEN (NEW.id = 35) EXECUTE FUNCTION refuse()
            """);
        var worker = await WorkerAsync(lab, lab.Database.DataSource);

        var attempts = await BeginTogetherAsync(lab, worker);

        Assert.Equal("MY001", (await Assert.ThrowsAsync<PostgresException>(() => attempts[Middle - 1])).SqlState);
        foreach (var number in Enumerable.Range(1, 5).Where(number => number != Middle))
            Assert.IsType<SliceEnd.Completed>(await attempts[number - 1]);
        await AssertAllAreThereOnceAsync(lab, [.. Enumerable.Range(30, 10)]);

        // And its next attempt takes no other with it: it waits for no lane, though it would stream.
        Assert.True(await worker.Ledger.LetGoAsync(Slice(lab, Middle), Cancellation));
        using var lane = await worker.Lanes.EnterAsync(Cancellation);
        Assert.Equal("MY001", (await Assert.ThrowsAsync<PostgresException>(() => MigrateAsync(worker, Slice(lab, Middle)))).SqlState);
    }

    [Fact]
    public async Task Who_waits_for_a_lane_when_the_worker_is_asked_to_stop_gives_its_slice_back()
    {
        await using var lab = await LabAsync();
        var worker = await WorkerAsync(lab, lab.Database.DataSource);
        using var drain = new CancellationTokenSource();

        var attempts = await BeginTogetherAsync(
            lab, worker,
            async () =>
            {
                await drain.CancelAsync();
                while (worker.Streams("numbers").Waiting > 0)
                    await Task.Delay(1, Cancellation);
            },
            drain: drain.Token);

        Assert.All(await Task.WhenAll(attempts), end => Assert.Equal(new SliceCounts(0, 0, 0, 0), Assert.IsType<SliceEnd.Unfinished>(end).Claim.Counts));
        await AssertAllAreThereOnceAsync(lab, [.. Enumerable.Range(10, 50)]);
    }

    [Fact]
    public void While_it_is_the_turn_of_one_the_pulses_of_the_others_rest()
    {
        var pulses = Enumerable.Range(0, 3).Select(_ => new Pulse()).ToList();
        var slices = pulses.Select((pulse, number) => Waiting(number, pulse)).ToList();
        using (var batch = new StreamedBatch(slices[0], new Queue(slices[1..])))
        {
            batch.Turn(slices[0]);
            Assert.Equal([false, false, false], Resting());
            foreach (var turn in slices[1..])
            {
                Assert.Same(turn, batch.TakeNext(_ => true));
                batch.Turn(turn);
            }

            Assert.Equal([true, true, false], Resting());
            batch.Turn(slices[0]);
            Assert.Equal([false, true, true], Resting());
        }

        Assert.Equal([false, false, false], Resting());

        IEnumerable<bool> Resting() => pulses.Select(pulse => pulse.IsPaused);
    }

    [Fact]
    public void One_that_is_in_hand_twice_does_not_share_a_COPY_with_itself()
    {
        var (first, other, again) = (Waiting(0), Waiting(1), Waiting(1));
        using var batch = new StreamedBatch(first, new Queue([other, again]));

        Assert.Same(other, batch.TakeNext(_ => true));
        Assert.Null(batch.TakeNext(_ => true));
    }

    [Fact]
    public async Task A_slice_of_large_documents_waits_for_no_lane()
    {
        await using var lab = await LabAsync(text: i => new string('x', 500_000));
        var worker = await WorkerAsync(lab, lab.Database.DataSource);
        using var lane = await worker.Lanes.EnterAsync(Cancellation);

        var end = await MigrateAsync(worker, Slice(lab, 1)).WaitAsync(TimeSpan.FromMinutes(2), Cancellation);

        Assert.Equal(new SliceCounts(10, 10, 0, 0), Assert.IsType<SliceEnd.Completed>(end).Claim.Counts);
    }

    [Fact]
    public async Task What_mapping_refuses_is_quarantined_with_its_own_slice()
    {
        await using var lab = await LabAsync(textType: "int4", text: i => i is 13 or 35 or 38 ? new BsonString("no number " + i) : i);
        var worker = await WorkerAsync(lab, lab.Database.DataSource);

        var ends = await Task.WhenAll(await BeginTogetherAsync(lab, worker));

        Assert.Equal([1, 0, 2, 0, 0], ends.Select(end => end.Claim.Counts.Quarantined));
        await AssertAllAreThereOnceAsync(lab, 13, 35, 38);
        Assert.Equal(
            "1:13 3:35 3:38",
            await ScalarAsync<string>(lab, """SELECT string_agg(slice || ':' || (document_json::jsonb #>> '{_id,$numberInt}'), ' ' ORDER BY id) FROM migration.quarantine"""));
        Assert.Equal(1L, await ScalarAsync<long>(lab, "SELECT count(DISTINCT xmin::text) FROM public.numbers WHERE id >= 10"));
    }

    [Theory]
    [InlineData(1)] // the one that has the lane
    [InlineData(Middle)]
    public async Task One_that_was_given_away_meanwhile_is_written_by_its_new_owner_only_and_the_others_go_on(int given)
    {
        await using var lab = await LabAsync();
        var worker = await WorkerAsync(lab, lab.Database.DataSource);
        var other = lab.Worker(lab.Database.DataSource);

        var attempts = await BeginTogetherAsync(
            lab, worker, async () => Assert.IsType<SliceEnd.Completed>(await MigrateAsync(other, Slice(lab, given), redelivered: true)));

        foreach (var number in Enumerable.Range(1, 5))
        {
            if (number == given)
                await Assert.ThrowsAsync<FenceLostException>(() => attempts[number - 1]);
            else
                Assert.IsType<SliceEnd.Completed>(await attempts[number - 1]);
        }

        await AssertAllAreThereOnceAsync(lab);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(Middle)]
    public async Task One_that_is_cancelled_takes_nothing_from_the_others(int cancelled)
    {
        await using var lab = await LabAsync();
        var worker = await WorkerAsync(lab, lab.Database.DataSource);
        using var cancellation = new CancellationTokenSource();

        // In the middle of the COPY: the rows of the last one are awaited by then, for it locks what they need.
        await using var blocker = await lab.Database.DataSource.OpenConnectionAsync(Cancellation);
        var blocking = await blocker.BeginTransactionAsync(Cancellation);
        var attempts = await BeginTogetherAsync(
            lab, worker,
            () => ExecuteAsync(blocker, "LOCK TABLE public.numbers IN SHARE MODE"),
            number => number == cancelled ? cancellation.Token : CancellationToken.None);
        await UntilAsync(lab, "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND relation = 'public.numbers'::regclass");
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => attempts[cancelled - 1]);
        await blocking.RollbackAsync(Cancellation);

        foreach (var number in Enumerable.Range(1, 5).Where(number => number != cancelled))
            Assert.IsType<SliceEnd.Completed>(await attempts[number - 1]);
        await AssertAllAreThereOnceAsync(lab, [.. Enumerable.Range(cancelled * SliceRecords, SliceRecords)]);
        Assert.Equal(new SliceCounts(0, 0, 0, 0), (await ProgressAsync(lab, cancelled)).Counts);
    }

    [Theory]
    [InlineData(true)] // carried out, but the worker does not hear of it
    [InlineData(false)] // never arrived
    public async Task A_shared_commit_whose_answer_is_lost_leaves_one_copy_of_each_row(bool carriedOut)
    {
        await using var lab = await LabAsync();
        var direct = new NpgsqlConnectionStringBuilder(lab.Database.ConnectionString);
        await using var proxy = new CommitProxy(direct.Host!, direct.Port);
        await using var target = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(direct.ConnectionString) { Host = "127.0.0.1", Port = proxy.Port });
        var worker = await WorkerAsync(lab, target);
        proxy.LoseNextCommit(
            carriedOut,
            async () =>
            {
                while (carriedOut && (await ProgressAsync(lab, Middle)).Counts.Read == 0)
                    await Task.Yield();
            });

        var ends = await Task.WhenAll(await BeginTogetherAsync(lab, worker));

        Assert.Equal(1, proxy.Lost);
        Assert.All(ends, end => Assert.IsType<SliceEnd.Completed>(end));
        await AssertAllAreThereOnceAsync(lab);
        var transactions = await ScalarAsync<long>(lab, "SELECT count(DISTINCT xmin::text) FROM public.numbers WHERE id >= 10");
        Assert.Equal(carriedOut ? 1 : 5, transactions);
    }

    [Fact]
    public async Task A_shared_batch_is_no_larger_than_a_batch_may_be()
    {
        await using var lab = await LabAsync(batchRecords: 25);
        var worker = await WorkerAsync(lab, lab.Database.DataSource);

        await Task.WhenAll(await BeginTogetherAsync(lab, worker));

        await AssertAllAreThereOnceAsync(lab);
        Assert.Equal(
            [20L, 20L, 10L],
            await ColumnAsync<long>(lab, "SELECT count(*) FROM public.numbers WHERE id >= 10 GROUP BY xmin::text ORDER BY min(id)"));
    }

    /// <summary>Slices of ten; the first is in already, so that the table is known.</summary>
    private static async Task<SliceLab> LabAsync(int batchRecords = 1_000, string textType = "text", Func<int, BsonValue>? text = null)
        => await CreateAsync(
            records: Slices * SliceRecords, batchRecords, sliceRecords: SliceRecords, textType: textType, text: text);

    private static async Task<RunContext> WorkerAsync(SliceLab lab, NpgsqlDataSource target)
    {
        var worker = lab.Worker(target, new StandingTime());
        Assert.IsType<SliceEnd.Completed>(await MigrateAsync(worker, lab.Slice));

        // Never left again.
        await worker.Lanes.EnterAsync(Cancellation);
        return worker;
    }

    /// <summary>Attempts at the other five, all of which wait for the lane, in order, before the first of them gets it.</summary>
    /// <param name="meanwhile">Done while they wait.</param>
    private static async Task<List<Task<SliceEnd>>> BeginTogetherAsync(
        SliceLab lab, RunContext worker, Func<Task>? meanwhile = null, Func<int, CancellationToken>? cancellation = null,
        CancellationToken drain = default)
    {
        var attempts = new List<Task<SliceEnd>>();
        using (await worker.Lanes.EnterAsync(Cancellation))
        {
            for (var number = 1; number < Slices; number++)
            {
                var claim = await ClaimAsync(worker, Slice(lab, number));
                var attempt = await worker.AttemptAsync("numbers", Cancellation);
                attempts.Add(attempt.MakeAsync(claim, drain, cancellation?.Invoke(number) ?? Cancellation));
                while (worker.Streams("numbers").Waiting < number)
                    await Task.Delay(1, Cancellation);
            }

            if (meanwhile is not null)
                await meanwhile();
        }

        return attempts;
    }

    /// <summary>One of which nothing is asked.</summary>
    private static StreamedSlice Waiting(int number, Pulse? pulse = null)
        => new(
            new SliceClaim(new SliceId(Guid.Empty, "numbers", number), 1, 0, 10, null!, null, default, 1, 1),
            null!, null!, () => false, new BatchTry(TimeProvider.System), pulse ?? new Pulse(), Cancellation);

    private static SliceId Slice(SliceLab lab, int number) => lab.Slice with { Number = number };

    private static async Task<SliceProgress> ProgressAsync(SliceLab lab, int number)
        => (await new ProgressLedger(lab.Database.DataSource).FindSliceAsync(Slice(lab, number), Cancellation))!;

    private static async Task AssertAllAreThereOnceAsync(SliceLab lab, params int[] except)
        => Assert.Equal(Enumerable.Range(0, Slices * SliceRecords).Except(except), await lab.WrittenAsync());

    private static async Task UntilAsync(SliceLab lab, string condition)
    {
        while (!await ScalarAsync<bool>(lab, condition))
            await Task.Delay(1, Cancellation);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private static Task ExecuteAsync(SliceLab lab, string sql) => Attempts.ExecuteAsync(lab, sql);

    /// <summary>They wait, and all of them fit.</summary>
    private sealed class Queue(IEnumerable<StreamedSlice> slices) : IStreamsWaiting
    {
        private readonly Queue<StreamedSlice> _slices = new(slices);

        public int Count => _slices.Count;

        public StreamedSlice? TakeNext(Func<StreamedSlice, bool> fits) => fits(_slices.Peek()) ? _slices.Dequeue() : null;
    }
}
