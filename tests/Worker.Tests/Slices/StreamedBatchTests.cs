using Migration.Contracts.Ledger;
using Migration.TestServers;
using MongoDB.Bson;
using Npgsql;
using static Migration.Worker.Tests.Slices.SliceLab;

namespace Migration.Worker.Tests.Slices;

/// <summary>Batches whose rows go to PostgreSQL as they are mapped: every one after a table's first, unless something is wrong.</summary>
public sealed class StreamedBatchTests
{
    [Fact]
    public async Task Many_pages_are_one_COPY_and_one_commit()
    {
        await using var lab = await CreateAsync(records: 200, batchRecords: 80);
        await ExecuteAsync(lab, CommitLog);

        Assert.IsType<SliceEnd.Completed>(await MigrateAsync(lab.Worker(lab.Database.DataSource), lab.Slice));

        Assert.Equal(Enumerable.Range(0, 200), await lab.WrittenAsync());
        Assert.Equal([80, 160, 200], await ColumnAsync<long>(lab, "SELECT read FROM commits ORDER BY read"));
        Assert.Equal([80, 80, 40], await ColumnAsync<long>(lab, "SELECT count(*) FROM public.numbers GROUP BY xmin ORDER BY min(id)"));
    }

    [Theory]
    [InlineData("id <> 77")]
    [InlineData("id NOT IN (40, 41, 79, 119)")]
    public async Task A_row_that_PostgreSQL_refuses_costs_its_neighbours_nothing(string check)
    {
        await using var lab = await CreateAsync(records: 120, batchRecords: 40);
        await ExecuteAsync(lab, CommitLog);
        await ExecuteAsync(lab, $"ALTER TABLE public.numbers ADD CHECK ({check})");

        var end = await MigrateAsync(lab.Worker(lab.Database.DataSource), lab.Slice);

        var refused = Enumerable.Range(0, 120).Except(await lab.WrittenAsync()).ToList();
        Assert.Equal(await ColumnAsync<int>(lab, $"SELECT id FROM generate_series(0, 119) AS id WHERE NOT ({check})"), refused);
        Assert.Equal(new SliceCounts(120, 120 - refused.Count, refused.Count, 0), end.Claim.Counts);
        Assert.Equal(
            refused.Select(id => $"{{ \"$numberInt\" : \"{id}\" }}"),
            await ColumnAsync<string>(lab, "SELECT record_id FROM migration.quarantine ORDER BY id"));
        Assert.Equal([40, 80, 120], await ColumnAsync<long>(lab, "SELECT read FROM commits ORDER BY read"));
    }

    [Fact]
    public async Task Rows_that_a_deferred_constraint_refuses_are_the_same_as_in_a_batch_that_is_kept()
    {
        await using var lab = await CreateAsync(records: 60, batchRecords: 20, text: i => i is 5 or 45 ? "other" : "text " + i);
        await ExecuteAsync(
            lab,
            """
            CREATE TABLE public.texts (text text PRIMARY KEY);
            INSERT INTO public.texts SELECT 'text ' || i FROM generate_series(0, 100) AS i;
            ALTER TABLE public.numbers ADD FOREIGN KEY (text) REFERENCES public.texts DEFERRABLE INITIALLY DEFERRED
            """);

        var end = await MigrateAsync(lab.Worker(lab.Database.DataSource), lab.Slice);

        Assert.Equal(new SliceCounts(60, 58, 2, 0), end.Claim.Counts);
        Assert.Equal(Enumerable.Range(0, 60).Except([5, 45]), await lab.WrittenAsync());
        Assert.Equal(["23503", "23503"], await ColumnAsync<string>(lab, "SELECT sqlstate FROM migration.quarantine"));
    }

    [Fact]
    public async Task Records_that_mapping_refuses_are_quarantined_whole_long_after_their_page_is_gone()
    {
        static bool IsBad(int id) => id % 7 == 3;
        await using var lab = await CreateAsync(
            records: 400, batchRecords: 160, textType: "int4", text: i => IsBad(i) ? new BsonString(new string((char)('a' + i % 26), 50 + i)) : i);

        var end = await MigrateAsync(lab.Worker(lab.Database.DataSource), lab.Slice);

        var bad = Enumerable.Range(0, 400).Where(IsBad).ToList();
        Assert.Equal(new SliceCounts(400, 400 - bad.Count, bad.Count, 0), end.Claim.Counts);
        Assert.Equal(Enumerable.Range(0, 400).Except(bad), await lab.WrittenAsync());
        Assert.Equal(
            bad.Select(i => new BsonDocument { ["_id"] = i, ["text"] = new string((char)('a' + i % 26), 50 + i) }.ToBson()),
            await ColumnAsync<byte[]>(lab, "SELECT document FROM migration.quarantine ORDER BY id"));
    }

    [Theory]
    [InlineData(true, 90)] // carried out, but the worker does not hear of it
    [InlineData(false, 90)] // never arrived
    [InlineData(true, 40)] // and the slice is completed without the worker's knowing
    [InlineData(false, 40)]
    public async Task A_commit_whose_answer_is_lost_leaves_one_copy_of_each_row(bool carriedOut, int records)
    {
        await using var lab = await CreateAsync(records, batchRecords: 20);
        var direct = new NpgsqlConnectionStringBuilder(lab.Database.ConnectionString);
        await using var proxy = new CommitProxy(direct.Host!, direct.Port);
        await using var target = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(direct.ConnectionString) { Host = "127.0.0.1", Port = proxy.Port });
        proxy.LoseNextCommit(
            carriedOut,
            async () =>
            {
                while (carriedOut && (await lab.ProgressAsync()).Counts.Read < 40)
                    await Task.Yield();
            },
            passing: 1);

        var end = await MigrateAsync(lab.Worker(target), lab.Slice);

        Assert.Equal(1, proxy.Lost);
        Assert.IsType<SliceEnd.Completed>(end);
        Assert.Equal(Enumerable.Range(0, records), await lab.WrittenAsync());
        Assert.Equal(new SliceCounts(records, records, 0, 0), (await lab.ProgressAsync()).Counts);
    }

    [Fact]
    public async Task A_worker_whose_slice_was_given_away_writes_nothing_more()
    {
        await using var lab = await CreateAsync(records: 60, batchRecords: 30, sliceRecords: 30);
        var (slow, quick) = (lab.Worker(lab.Database.DataSource), lab.Worker(lab.Database.DataSource));
        Assert.IsType<SliceEnd.Completed>(await MigrateAsync(slow, lab.Slice));
        var second = lab.Slice with { Number = 1 };
        var claim = await ClaimAsync(slow, second);
        Assert.IsType<SliceEnd.Completed>(await MigrateAsync(quick, second, redelivered: true));

        await Assert.ThrowsAsync<FenceLostException>(() => MigrateAsync(slow, claim));

        Assert.Equal(Enumerable.Range(0, 60), await lab.WrittenAsync());
    }

    [Fact]
    public async Task A_worker_that_is_asked_to_stop_commits_the_part_that_it_has_sent()
    {
        await using var lab = await CreateAsync(records: 400, batchRecords: 160);
        var worker = lab.Worker(lab.Database.DataSource);
        using var drain = new CancellationTokenSource();
        var claim = await ClaimAsync(worker, lab.Slice);
        var attempt = await worker.AttemptAsync("numbers", Cancellation);
        await drain.CancelAsync();
        var end = Assert.IsType<SliceEnd.Unfinished>(await attempt.MakeAsync(claim, drain.Token, Cancellation));
        Assert.Equal(160, end.Claim.Counts.Read);
        Assert.True(await worker.Ledger.HandBackAsync(end.Claim, Cancellation));

        // Its table is known now: the next batch is streamed, and ends with its first part.
        end = Assert.IsType<SliceEnd.Unfinished>(
            await (await worker.AttemptAsync("numbers", Cancellation)).MakeAsync(await ClaimAsync(worker, lab.Slice), drain.Token, Cancellation));

        Assert.Equal(180, end.Claim.Counts.Read);
        Assert.Equal(Enumerable.Range(0, 180), await lab.WrittenAsync());
    }

    private const string CommitLog =
        """
        CREATE TABLE commits (read bigint);
        CREATE FUNCTION log_commit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO commits VALUES (NEW.read); RETURN NEW; END';
        CREATE TRIGGER log_commit AFTER UPDATE ON migration.slice FOR EACH ROW WHEN (NEW.read > OLD.read) EXECUTE FUNCTION log_commit()
        """;

    private static async Task ExecuteAsync(SliceLab lab, string sql)
    {
        await using var command = lab.Database.DataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private static async Task<List<T>> ColumnAsync<T>(SliceLab lab, string sql)
    {
        await using var command = lab.Database.DataSource.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        var values = new List<T>();
        while (await reader.ReadAsync(Cancellation))
            values.Add(reader.GetFieldValue<T>(0));
        return values;
    }

    private static async Task<SliceClaim> ClaimAsync(RunContext worker, SliceId slice, bool redelivered = false)
        => Assert.IsType<ClaimOutcome.Granted>(
            await worker.Ledger.ClaimAsync(slice, message: null, redelivered, Cancellation)).Claim;

    private static async Task<SliceEnd> MigrateAsync(RunContext worker, SliceId slice, bool redelivered = false)
        => await MigrateAsync(worker, await ClaimAsync(worker, slice, redelivered));

    private static async Task<SliceEnd> MigrateAsync(RunContext worker, SliceClaim claim)
        => await (await worker.AttemptAsync("numbers", Cancellation)).MakeAsync(claim, CancellationToken.None, Cancellation);
}
