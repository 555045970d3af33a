using Migration.Contracts.Ledger;
using Migration.Contracts.Messages;
using Migration.Worker.Tests.Slices;
using MongoDB.Bson;
using Npgsql;
using static Migration.Worker.Tests.Slices.Attempts;
using static Migration.Worker.Tests.Slices.SliceLab;

namespace Migration.Worker.Tests.Consumers;

/// <summary>Six slices of ten records by one message. The first tells what the table is like, the other five are streamed.</summary>
public sealed class MigrateSlicesConsumerTests
{
    private const int SliceRecords = 10;
    private const int Slices = 6;

    /// <summary>Neither the first of those that are streamed, nor the last.</summary>
    private const int Middle = 3;

    [Fact]
    public async Task They_are_one_COPY_one_commit_and_one_piece_of_news()
    {
        await using var lab = await LabAsync();
        await using var bench = await ConsumerBench.StartAsync(lab);

        await bench.MigrateAsync(0, Slices);

        await AssertAllAreThereOnceAsync(lab);
        Assert.Equal(1L, await ScalarAsync<long>(lab, "SELECT count(DISTINCT xmin::text) FROM public.numbers WHERE id >= 10"));
        Assert.Equal(0, Assert.Single(await bench.PublishedAsync<SliceCompleted>(1)).Slice);
        var told = Assert.Single(await bench.PublishedAsync<SlicesCompleted>(1));
        Assert.Equal((1, 5, 10, 50), (told.First, told.Count, told.Offset, told.Limit));
        Assert.Equal((50, 50, 0, 0), (told.Read, told.Written, told.Quarantined, told.Skipped));
        Assert.True(told.Seconds > 0);
        Assert.Equal(["completed"], await StatesAsync(lab));
        Assert.True(bench.InHand.IsEmpty);
    }

    [Fact]
    public async Task A_second_copy_of_the_message_only_repeats_the_news()
    {
        await using var lab = await LabAsync();
        await using var bench = await ConsumerBench.StartAsync(lab);
        await bench.MigrateAsync(0, Slices);

        await bench.SendAsync(0, Slices);

        Assert.Equal([0, 0, 1, 2, 3, 4, 5], (await bench.PublishedAsync<SliceCompleted>(7)).Select(told => told.Slice));
        await AssertAllAreThereOnceAsync(lab);
        Assert.Equal(1, (await lab.ProgressAsync()).Attempts);
    }

    [Fact]
    public async Task A_row_that_PostgreSQL_refuses_costs_the_other_slices_nothing()
    {
        await using var lab = await LabAsync();
        await ExecuteAsync(lab, "ALTER TABLE public.numbers ADD CHECK (id <> 35)");
        await using var bench = await ConsumerBench.StartAsync(lab);

        await bench.MigrateAsync(0, Slices);

        await AssertAllAreThereOnceAsync(lab, 35);
        Assert.Equal("3", await ScalarAsync<string>(lab, "SELECT string_agg(slice::text, ',') FROM migration.quarantine"));
        Assert.Equal(["completed"], await StatesAsync(lab));
        Assert.Equal(
            Enumerable.Range(0, Slices).Select(slice => slice == Middle ? new SliceCounts(10, 9, 1, 0) : new SliceCounts(10, 10, 0, 0)),
            (await bench.PublishedAsync<SliceCompleted>(Slices)).Select(told => new SliceCounts(told.Read, told.Written, told.Quarantined, told.Skipped)));
    }

    [Fact]
    public async Task What_mapping_refuses_is_quarantined_with_its_own_slice()
    {
        await using var lab = await LabAsync(textType: "int4", text: i => i is 13 or 35 or 38 ? new BsonString("no number " + i) : i);
        await using var bench = await ConsumerBench.StartAsync(lab);

        await bench.MigrateAsync(0, Slices);

        await AssertAllAreThereOnceAsync(lab, 13, 35, 38);
        Assert.Equal(
            "1:13 3:35 3:38",
            await ScalarAsync<string>(lab, """SELECT string_agg(slice || ':' || (document_json::jsonb #>> '{_id,$numberInt}'), ' ' ORDER BY id) FROM migration.quarantine"""));
        Assert.Equal(1L, await ScalarAsync<long>(lab, "SELECT count(DISTINCT xmin::text) FROM public.numbers WHERE id >= 10"));
        Assert.Equal((50, 47, 3), (await bench.PublishedAsync<SlicesCompleted>(1))[0] is var told ? (told.Read, told.Written, told.Quarantined) : default);
    }

    [Fact]
    public async Task What_PostgreSQL_says_of_one_slice_sends_that_one_by_its_own_message()
    {
        await using var lab = await LabAsync(maxAttempts: 2);
        await ExecuteAsync(
            lab,
            """
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no'' USING ERRCODE = ''MY001''; END';
            CREATE TRIGGER refuse AFTER INSERT ON public.numbers FOR EACH ROW WHEN (NEW.id = 35) EXECUTE FUNCTION refuse()
            """);
        await using var bench = await ConsumerBench.StartAsync(lab);

        await bench.MigrateAsync(0, Slices);

        // Its failure here is one attempt of two; the last one is its own message's, which is the one that may end as a dead letter.
        Assert.Equal(Middle, Assert.Single(await bench.PublishedAsync<SliceFailed>(1)).Slice);
        Assert.True(await bench.Bus.Consumed.Any<MigrateSlice>(m => m.Exception is not null && m.Context.Message.Slice == Middle, Cancellation));
        await AssertAllAreThereOnceAsync(lab, [.. Enumerable.Range(30, SliceRecords)]);
        Assert.Equal(["completed", "failed"], await StatesAsync(lab));
        Assert.True(bench.InHand.IsEmpty);
    }

    [Fact]
    public async Task A_suspect_gets_a_message_of_its_own_and_the_others_go_on()
    {
        await using var lab = await LabAsync();
        await ExecuteAsync(lab, $"UPDATE migration.slice SET attempts = 1, stalled_attempts = 1, silent_attempts = 1 WHERE number = {Middle}");
        await using var bench = await ConsumerBench.StartAsync(lab);

        await bench.MigrateAsync(0, Slices);

        Assert.Equal((Middle, 30, 10), Assert.Single(await bench.ConsumedAsync(1)) is var sent ? (sent.Slice, sent.Offset, sent.Limit) : default);
        Assert.Equal([(1, 2), (4, 2)], (await bench.PublishedAsync<SlicesCompleted>(2)).Select(told => (told.First, told.Count)));
        Assert.Equal([0, Middle], (await bench.PublishedAsync<SliceCompleted>(2)).Select(told => told.Slice));
        await AssertAllAreThereOnceAsync(lab);
        Assert.Equal(2, await ScalarAsync<int>(lab, $"SELECT attempts FROM migration.slice WHERE number = {Middle}"));
    }

    [Fact]
    public async Task A_worker_that_is_asked_to_stop_gives_them_back_by_one_message()
    {
        await using var lab = await LabAsync();
        await using var bench = await ConsumerBench.StartAsync(lab);
        await using var blocker = await BlockAsync(lab);
        await bench.SendAsync(0, Slices);
        await UntilBlockedAsync(lab);

        bench.Drain.Give();
        await blocker.DisposeAsync();

        await bench.ConsumedAsync();
        Assert.Equal((1, 5, 10, 50), (await bench.SentAsync<MigrateSlices>(2))[1] is var sent ? (sent.First, sent.Count, sent.Offset, sent.Limit) : default);
        Assert.Empty(bench.Bus.Sent.Select<MigrateSlice>(Cancellation));
        Assert.Equal(Enumerable.Range(0, SliceRecords), await lab.WrittenAsync());
        Assert.Equal(["completed", "queued"], await StatesAsync(lab));
        Assert.Equal(0, await ScalarAsync<int>(lab, "SELECT max(attempts) FROM migration.slice WHERE number > 0"));
    }

    [Fact]
    public async Task A_pause_of_the_collection_leaves_the_rest_without_a_message()
    {
        await using var lab = await LabAsync();
        await new PauseLedger(lab.Database.DataSource).SetLimitAsync(lab.Run.Id, "numbers", new(0, 0), Cancellation);
        await ExecuteAsync(lab, "ALTER TABLE public.numbers ADD CHECK (id <> 3)");
        await using var bench = await ConsumerBench.StartAsync(lab);

        await bench.MigrateAsync(0, Slices);

        Assert.Equal(Enumerable.Range(0, SliceRecords).Except([3]), await lab.WrittenAsync());
        Assert.Equal(["completed", "queued"], await StatesAsync(lab));
        Assert.Empty(bench.Bus.Sent.Select<MigrateSlice>(Cancellation));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(Middle)]
    public async Task One_that_was_given_away_meanwhile_is_written_by_its_new_owner_only_and_the_others_go_on(int given)
    {
        await using var lab = await LabAsync();
        await using var bench = await ConsumerBench.StartAsync(lab);
        await bench.MigrateAsync(0, 1);
        var (other, message) = (lab.Worker(lab.Database.DataSource), Guid.NewGuid());
        await using var blocker = await BlockAsync(lab);
        await bench.SendAsync(1, Slices - 1, message);
        await UntilBlockedAsync(lab);

        var claim = Assert.IsType<ClaimOutcome.Granted>(await other.Ledger.ClaimAsync(lab.Slice with { Number = given }, message, redelivered: true, Cancellation)).Claim;
        await blocker.DisposeAsync();

        Assert.Equal(4, (await bench.PublishedAsync<SliceCompleted>(5)).Count(told => told.Slice != 0));
        await AssertAllAreThereOnceAsync(lab, [.. Enumerable.Range(given * SliceRecords, SliceRecords)]);
        Assert.True(await other.Ledger.BeginAsync(claim, Cancellation));
        Assert.IsType<SliceEnd.Completed>(await MigrateAsync(other, claim));
        await AssertAllAreThereOnceAsync(lab);
    }

    [Theory]
    [InlineData(true)] // carried out, but the worker does not hear of it
    [InlineData(false)] // never arrived
    public async Task A_commit_whose_answer_is_lost_leaves_one_copy_of_each_row(bool carriedOut)
    {
        await using var lab = await LabAsync();
        var direct = new NpgsqlConnectionStringBuilder(lab.Database.ConnectionString);
        await using var proxy = new CommitProxy(direct.Host!, direct.Port);
        await using var target = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(direct.ConnectionString) { Host = "127.0.0.1", Port = proxy.Port });
        await using var bench = await ConsumerBench.StartAsync(lab, lab.Worker(target, new StandingTime()));
        await bench.MigrateAsync(0, 1);
        proxy.LoseNextCommit(
            carriedOut,
            async () =>
            {
                while (carriedOut && await ScalarAsync<long>(lab, $"SELECT read FROM migration.slice WHERE number = {Middle}") == 0)
                    await Task.Yield();
            });

        await bench.SendAsync(1, Slices - 1);

        Assert.Equal([0, 1, 2, 3, 4, 5], (await bench.PublishedAsync<SliceCompleted>(Slices)).Select(told => told.Slice));
        Assert.Equal(1, proxy.Lost);
        await AssertAllAreThereOnceAsync(lab);
        Assert.Equal(carriedOut ? 1 : 5, await ScalarAsync<long>(lab, "SELECT count(DISTINCT xmin::text) FROM public.numbers WHERE id >= 10"));
    }

    [Fact]
    public async Task A_batch_is_no_larger_than_a_batch_may_be_and_a_slice_may_lie_in_two()
    {
        await using var lab = await LabAsync(batchRecords: 25);
        await using var bench = await ConsumerBench.StartAsync(lab);

        await bench.MigrateAsync(0, Slices);

        await AssertAllAreThereOnceAsync(lab);
        Assert.Equal(
            [20L, 20L, 10L],
            await ColumnAsync<long>(lab, "SELECT count(*) FROM public.numbers WHERE id >= 10 GROUP BY xmin::text ORDER BY min(id)"));
    }

    [Fact]
    public async Task Slices_that_are_larger_than_a_batch_go_on_in_the_next()
    {
        await using var lab = await LabAsync(batchRecords: 4);
        await using var bench = await ConsumerBench.StartAsync(lab);

        await bench.MigrateAsync(0, Slices);

        await AssertAllAreThereOnceAsync(lab);
        Assert.Equal(["completed"], await StatesAsync(lab));
        Assert.Equal(50, (await bench.PublishedAsync<SlicesCompleted>(5)).Sum(told => told.Read));
    }

    [Fact]
    public async Task A_dump_that_ends_too_early_fails_the_slices_that_are_not_in_it_and_no_other()
    {
        await using var lab = await LabAsync(maxAttempts: 1);
        var dump = await File.ReadAllBytesAsync(lab.DumpFile, Cancellation);
        var record = BitConverter.ToInt32(dump);
        await using var bench = await ConsumerBench.StartAsync(lab);
        await File.WriteAllBytesAsync(lab.DumpFile, dump[..(45 * record)], Cancellation);

        await bench.SendAsync(0, Slices);

        Assert.Equal([4, 5], (await bench.PublishedAsync<SliceFailed>(2)).Select(told => told.Slice).Order());
        Assert.Equal(Enumerable.Range(0, 40), (await lab.WrittenAsync()).Where(id => id < 40));
        Assert.Equal([0, 1, 2, 3], await ColumnAsync<int>(lab, "SELECT number FROM migration.slice WHERE state = 'completed' ORDER BY number"));
    }

    [Fact]
    public async Task After_a_standstill_each_is_tried_by_itself()
    {
        await using var lab = await LabAsync(worker: ", progressSeconds: 10");
        await using var bench = await ConsumerBench.StartAsync(lab, lab.Worker(lab.Database.DataSource));
        await bench.MigrateAsync(0, 1);
        await using var blocker = await BlockAsync(lab);

        await bench.SendAsync(1, Slices - 1);
        await UntilAsync(lab, "SELECT min(claim) = 2 FROM migration.slice WHERE number > 0");
        await blocker.DisposeAsync();

        Assert.Equal([0, 1, 2, 3, 4, 5], (await bench.PublishedAsync<SliceCompleted>(Slices)).Select(told => told.Slice));
        await AssertAllAreThereOnceAsync(lab);
        Assert.Equal(1, await ScalarAsync<int>(lab, "SELECT max(attempts) FROM migration.slice"));
    }

    [Fact]
    public async Task A_standstill_that_cannot_be_ended_ends_the_worker_and_gives_them_all_back_without_blame()
    {
        await using var lab = await LabAsync(worker: ", progressSeconds: 10");
        await ExecuteAsync(
            lab,
            """
            CREATE FUNCTION hang() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NEW; END';
            CREATE TRIGGER hang AFTER INSERT ON public.numbers FOR EACH ROW WHEN (NEW.id = 35) EXECUTE FUNCTION hang()
            """);
        await using var bench = await ConsumerBench.StartAsync(lab, lab.Worker(lab.Database.DataSource), isForGroupsOnly: true);

        await bench.MigrateAsync(0, Slices);

        Assert.Equal([1, 2, 3, 4, 5], (await bench.SentAsync<MigrateSlice>(5)).Select(sent => sent.Slice));
        Assert.Equal(ExitCode.Hung, Assert.IsType<UserException>(bench.Refusal.Reason).Code);
        Assert.Equal(["completed", "queued"], await StatesAsync(lab));
        Assert.Equal(0, await ScalarAsync<int>(lab, "SELECT max(attempts) + max(silent_attempts) FROM migration.slice WHERE number > 0"));

        // It ends at last, and what it wrote is nobody's.
        await ExecuteAsync(lab, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'");
        Assert.Equal(Enumerable.Range(0, SliceRecords), await lab.WrittenAsync());
    }

    private static Task<SliceLab> LabAsync(
        int batchRecords = 1_000, string textType = "text", Func<int, BsonValue>? text = null, int maxAttempts = 5, string? worker = null)
        => CreateAsync(
            records: Slices * SliceRecords, batchRecords, maxAttempts, sliceRecords: SliceRecords, textType: textType, text: text, worker: worker);

    /// <summary>Whoever writes into the table waits until this is disposed of.</summary>
    private static async Task<NpgsqlConnection> BlockAsync(SliceLab lab)
    {
        var blocker = await lab.Database.DataSource.OpenConnectionAsync(Cancellation);
        await using var block = new NpgsqlCommand("BEGIN; LOCK TABLE public.numbers IN SHARE MODE", blocker);
        await block.ExecuteNonQueryAsync(Cancellation);
        return blocker;
    }

    private static Task UntilBlockedAsync(SliceLab lab)
        => UntilAsync(lab, "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND relation = 'public.numbers'::regclass");

    private static async Task UntilAsync(SliceLab lab, string condition)
    {
        while (!await ScalarAsync<bool>(lab, condition))
            await Task.Delay(10, Cancellation);
    }

    private static Task<List<string>> StatesAsync(SliceLab lab)
        => ColumnAsync<string>(lab, "SELECT DISTINCT state FROM migration.slice ORDER BY state");

    private static async Task AssertAllAreThereOnceAsync(SliceLab lab, params int[] except)
        => Assert.Equal(Enumerable.Range(0, Slices * SliceRecords).Except(except), await lab.WrittenAsync());
}
