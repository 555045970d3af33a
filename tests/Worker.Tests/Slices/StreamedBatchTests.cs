using Migration.Contracts.Ledger;
using MongoDB.Bson;
using Npgsql;
using static Migration.Worker.Tests.Slices.Attempts;
using static Migration.Worker.Tests.Slices.SliceLab;

namespace Migration.Worker.Tests.Slices;

/// <summary>Batches whose rows go to PostgreSQL as they are mapped: every one after a table's first, unless something is wrong.</summary>
public sealed class StreamedBatchTests
{
    private static readonly TimeProvider Standing = new StandingTime();

    [Fact]
    public async Task Many_pages_are_one_COPY_and_one_commit()
    {
        await using var lab = await CreateAsync(records: 200, batchRecords: 80);
        await ExecuteAsync(lab, CommitLog);

        Assert.IsType<SliceEnd.Completed>(await MigrateAsync(lab.Worker(lab.Database.DataSource, Standing), lab.Slice));

        Assert.Equal(Enumerable.Range(0, 200), await lab.WrittenAsync());
        Assert.Equal(["80 kept", "80 streamed", "40 streamed"], await CommitsAsync(lab));
    }

    [Fact]
    public async Task Only_what_ends_the_slice_is_waited_for_until_it_is_on_disk()
    {
        await using var lab = await CreateAsync(records: 110, batchRecords: 40);
        await ExecuteAsync(lab, CommitLog);

        await MigrateAsync(lab.Worker(lab.Database.DataSource, Standing), lab.Slice);

        // The second one's is set after its rows, before its checkpoint.
        Assert.Equal(["40 kept", "40 streamed", "30 streamed"], await CommitsAsync(lab));
        Assert.Equal(["off", "off", "on"], await ColumnAsync<string>(lab, "SELECT synchronous FROM commits ORDER BY read"));
    }

    [Theory]
    [InlineData("id <> 77", "40 kept", "39 kept", "40 kept")]
    [InlineData("id NOT IN (40, 41, 79, 119)", "40 kept", "37 kept", "39 kept")]
    public async Task A_row_that_PostgreSQL_refuses_costs_its_neighbours_nothing(string check, params string[] commits)
    {
        await using var lab = await CreateAsync(records: 120, batchRecords: 40);
        await ExecuteAsync(lab, CommitLog);
        await ExecuteAsync(lab, $"ALTER TABLE public.numbers ADD CHECK ({check})");

        var end = await MigrateAsync(lab.Worker(lab.Database.DataSource, Standing), lab.Slice);

        var refused = Enumerable.Range(0, 120).Except(await lab.WrittenAsync()).ToList();
        Assert.Equal(await ColumnAsync<int>(lab, $"SELECT id FROM generate_series(0, 119) AS id WHERE NOT ({check})"), refused);
        Assert.Equal(new SliceCounts(120, 120 - refused.Count, refused.Count, 0), end.Claim.Counts);
        Assert.Equal(
            refused.Select(id => $"{{ \"$numberInt\" : \"{id}\" }}"),
            await ColumnAsync<string>(lab, "SELECT record_id FROM migration.quarantine ORDER BY id"));
        Assert.Equal(commits, await CommitsAsync(lab));
    }

    [Fact]
    public async Task After_a_refused_row_and_eight_batches_without_one_they_are_streamed_again()
    {
        await using var lab = await CreateAsync(records: 120, batchRecords: 10);
        await ExecuteAsync(lab, CommitLog);
        await ExecuteAsync(lab, "ALTER TABLE public.numbers ADD CHECK (id <> 15)");

        await MigrateAsync(lab.Worker(lab.Database.DataSource, Standing), lab.Slice);

        // The twelfth's page was read when the eighth of those after the refused row had not come through yet; it is streamed all the same.
        Assert.Equal(
            ["10 kept", "9 kept", .. Enumerable.Repeat("10 kept", 8), "10 streamed", "10 streamed"], await CommitsAsync(lab));
    }

    [Fact]
    public async Task A_row_that_a_deferred_constraint_refuses_costs_its_neighbours_nothing()
    {
        await using var lab = await CreateAsync(records: 60, batchRecords: 20, text: i => i is 45 ? "other" : "text " + i);
        await ExecuteAsync(lab, CommitLog);
        await ExecuteAsync(
            lab,
            """
            CREATE TABLE public.texts (text text PRIMARY KEY);
            INSERT INTO public.texts SELECT 'text ' || i FROM generate_series(0, 100) AS i;
            ALTER TABLE public.numbers ADD FOREIGN KEY (text) REFERENCES public.texts DEFERRABLE INITIALLY DEFERRED
            """);

        var end = await MigrateAsync(lab.Worker(lab.Database.DataSource, Standing), lab.Slice);

        Assert.Equal(new SliceCounts(60, 59, 1, 0), end.Claim.Counts);
        Assert.Equal(Enumerable.Range(0, 60).Except([45]), await lab.WrittenAsync());
        Assert.Equal(["23503"], await ColumnAsync<string>(lab, "SELECT sqlstate FROM migration.quarantine"));
        Assert.Equal(["20 kept", "20 streamed", "19 kept"], await CommitsAsync(lab));
    }

    [Fact]
    public async Task Records_that_mapping_refuses_are_quarantined_whole_long_after_their_page_is_gone()
    {
        static bool IsBad(int id) => id % 7 == 3;
        await using var lab = await CreateAsync(
            records: 2_000, batchRecords: 400, textType: "int4", text: i => IsBad(i) ? new BsonString(new string((char)('a' + i % 26), 50 + i)) : i);
        await ExecuteAsync(lab, CommitLog);

        var end = await MigrateAsync(lab.Worker(lab.Database.DataSource, Standing), lab.Slice);

        var bad = Enumerable.Range(0, 2_000).Where(IsBad).ToList();
        Assert.Equal(new SliceCounts(2_000, 2_000 - bad.Count, bad.Count, 0), end.Claim.Counts);
        Assert.Equal(Enumerable.Range(0, 2_000).Except(bad), await lab.WrittenAsync());
        Assert.Equal(
            bad.Select(i => new BsonDocument { ["_id"] = i, ["text"] = new string((char)('a' + i % 26), 50 + i) }.ToBson()),
            await ColumnAsync<byte[]>(lab, "SELECT document FROM migration.quarantine ORDER BY id"));
        Assert.Equal(4, (await CommitsAsync(lab)).Count(commit => commit.EndsWith("streamed", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_batch_ends_when_much_of_it_is_refused_for_that_is_kept_until_its_end()
    {
        await using var lab = await CreateAsync(records: 6_000, batchRecords: 2_000, textType: "int4", text: i => i == 0 ? i : "no number");
        await ExecuteAsync(lab, CommitLog);

        var end = await MigrateAsync(lab.Worker(lab.Database.DataSource, Standing), lab.Slice);

        // Those of the second were read as one part, before its table was known.
        Assert.Equal(new SliceCounts(6_000, 1, 5_999, 0), end.Claim.Counts);
        Assert.Equal([2_000, 4_000, 5_000, 6_000], await ColumnAsync<long>(lab, "SELECT read FROM commits ORDER BY read"));
    }

    [Theory]
    [InlineData(true, 90)] // carried out, but the worker does not hear of it
    [InlineData(false, 90)] // never arrived
    [InlineData(true, 40)] // and the slice is completed without the worker's knowing
    [InlineData(false, 40)]
    public async Task A_commit_whose_answer_is_lost_leaves_one_copy_of_each_row(bool carriedOut, int records)
    {
        await using var lab = await CreateAsync(records, batchRecords: 20);
        await ExecuteAsync(lab, CommitLog);
        var direct = new NpgsqlConnectionStringBuilder(lab.Database.ConnectionString);
        await using var proxy = new CommitProxy(direct.Host!, direct.Port);
        await using var target = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(direct.ConnectionString) { Host = "127.0.0.1", Port = proxy.Port });
        proxy.LoseNextCommit(
            carriedOut,
            async () =>
            {
                while (carriedOut && (await lab.ProgressAsync()).Counts.Read <= 20)
                    await Task.Yield();
            },
            passing: 1);

        var end = await MigrateAsync(lab.Worker(target, Standing), lab.Slice);

        Assert.Equal(1, proxy.Lost);
        Assert.IsType<SliceEnd.Completed>(end);
        Assert.Equal(Enumerable.Range(0, records), await lab.WrittenAsync());
        Assert.Equal(new SliceCounts(records, records, 0, 0), (await lab.ProgressAsync()).Counts);
        var second = (await CommitsAsync(lab))[1];
        Assert.EndsWith(carriedOut ? "streamed" : "kept", second, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 2)] // and the one to ask the ledger by
    [InlineData(true, 1)]
    [InlineData(true, 2)]
    public async Task Whichever_connection_cannot_be_opened_no_batch_is_taken_for_committed(bool withParts, int refusals)
    {
        for (var batch = 1; batch <= 5; batch++)
        {
            await using var lab = await CreateAsync(
                records: 45, withParts: withParts, textType: withParts ? "jsonb" : "text", text: withParts ? i => new BsonArray { "part " + i } : null);
            await ExecuteAsync(lab, CommitLog);

            // The claim's connection is number 0, and each batch's the next.
            var (opened, refused) = (0, Enumerable.Range(batch, refusals).ToList());
            var builder = new NpgsqlDataSourceBuilder(new NpgsqlConnectionStringBuilder(lab.Database.ConnectionString) { Pooling = false }.ConnectionString);
            builder.UsePhysicalConnectionInitializer(
                _ => throw new NotSupportedException(),
                _ => refused.Remove(opened++) ? throw new NpgsqlException("refused", new IOException("by the test")) : Task.CompletedTask);
            await using var target = builder.Build();

            var end = await MigrateAsync(lab.Worker(target, Standing), lab.Slice);

            Assert.Empty(refused);
            Assert.Equal(Enumerable.Range(0, 45), await lab.WrittenAsync());
            Assert.IsType<SliceEnd.Completed>(end);
            Assert.Equal(new SliceCounts(45, 45, 0, 0), end.Claim.Counts);

            // What could not be begun is kept once, and says nothing of the table.
            var commits = Enumerable.Range(1, 5).Select(number => $"{(number == 5 ? 5 : 10)} {(withParts || number == 1 || number == batch ? "kept" : "streamed")}");
            Assert.Equal(commits, await CommitsAsync(lab));
        }
    }

    [Fact]
    public async Task A_worker_whose_slice_was_given_away_writes_nothing_more()
    {
        await using var lab = await CreateAsync(records: 60, batchRecords: 30, sliceRecords: 30);
        var (slow, quick) = (lab.Worker(lab.Database.DataSource, Standing), lab.Worker(lab.Database.DataSource));
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

        // Its table is known now: the next batch is streamed, and ends with its first part, which is a quarter of what it might be.
        end = Assert.IsType<SliceEnd.Unfinished>(
            await (await worker.AttemptAsync("numbers", Cancellation)).MakeAsync(await ClaimAsync(worker, lab.Slice), drain.Token, Cancellation));

        Assert.Equal(200, end.Claim.Counts.Read);
        Assert.Equal(Enumerable.Range(0, 200), await lab.WrittenAsync());
    }

    /// <summary>Notes each commit's checkpoint, its transaction and how durable it is.</summary>
    private const string CommitLog =
        """
        CREATE TABLE commits (before bigint, read bigint, transaction xid, synchronous text);
        CREATE FUNCTION log_commit() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN INSERT INTO commits VALUES (OLD.read, NEW.read, pg_current_xact_id()::xid, current_setting(''synchronous_commit'')); RETURN NEW; END';
        CREATE TRIGGER log_commit AFTER UPDATE ON migration.slice FOR EACH ROW WHEN (NEW.read > OLD.read) EXECUTE FUNCTION log_commit()
        """;

    /// <summary>The rows of each commit, and how they came: those of a batch that is kept were written below a savepoint.</summary>
    private static Task<List<string>> CommitsAsync(SliceLab lab) => ColumnAsync<string>(
        lab,
        """
        SELECT concat(count(n.id), CASE WHEN bool_and(n.xmin = c.transaction) THEN ' streamed' WHEN bool_or(n.xmin = c.transaction) THEN ' both' ELSE ' kept' END)
        FROM commits c LEFT JOIN public.numbers n ON n.id >= c.before AND n.id < c.read GROUP BY c.read ORDER BY c.read
        """);
}
