using Migration.Contracts.Ledger;
using MongoDB.Bson;
using Npgsql;
using static Migration.Worker.Tests.Slices.Attempts;
using static Migration.Worker.Tests.Slices.SliceLab;

namespace Migration.Worker.Tests.Slices;

/// <summary>Slices of a collection with a child: the rows of all tables and the checkpoint are one.</summary>
public sealed class ChildSliceTests
{
    [Theory]
    [InlineData(true, 35)]
    [InlineData(false, 35)]
    [InlineData(true, 10)]
    [InlineData(false, 10)]
    public async Task A_commit_whose_answer_is_lost_leaves_one_copy_of_each_row_in_each_table(bool carriedOut, int records)
    {
        await using var lab = await CreateAsync(records, text: Parts, textType: "jsonb", withParts: true);
        var direct = new NpgsqlConnectionStringBuilder(lab.Database.ConnectionString);
        await using var proxy = new CommitProxy(direct.Host!, direct.Port);
        await using var target = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(direct.ConnectionString) { Host = "127.0.0.1", Port = proxy.Port });
        proxy.LoseNextCommit(carriedOut, async () =>
        {
            while (carriedOut && (await lab.ProgressAsync()).Counts.Read == 0)
                await Task.Yield();
        });

        var end = await MigrateAsync(lab.Worker(target), lab.Slice);

        Assert.Equal(1, proxy.Lost);
        Assert.IsType<SliceEnd.Completed>(end);
        await HoldsAsync(lab, Enumerable.Range(0, records));
        Assert.Equal(new SliceCounts(records, records, 0, 0), end.Claim.Counts);
    }

    [Fact]
    public async Task A_worker_whose_slice_was_given_away_writes_no_row_to_any_table()
    {
        await using var lab = await CreateAsync(records: 30, text: Parts, textType: "jsonb", withParts: true);
        var (slow, quick) = (lab.Worker(lab.Database.DataSource), lab.Worker(lab.Database.DataSource));
        var claim = await ClaimAsync(slow, lab.Slice);
        var first = Assert.IsType<SliceEnd.Unfinished>(await MigrateAsync(quick, lab.Slice, redelivered: true));
        Assert.True(await quick.Ledger.HandBackAsync(first.Claim, Cancellation));
        Assert.IsType<SliceEnd.Completed>(await MigrateAsync(quick, lab.Slice));

        var attempt = await slow.AttemptAsync("numbers", Cancellation);
        await Assert.ThrowsAsync<FenceLostException>(() => attempt.MakeAsync(claim, CancellationToken.None, Cancellation));
        await HoldsAsync(lab, Enumerable.Range(0, 30));
    }

    [Fact]
    public async Task Counts_are_of_records_and_a_refused_part_leaves_nothing_of_its_record()
    {
        await using var lab = await CreateAsync(records: 40, text: i => i == 7 ? "none" : Parts(i), textType: "jsonb", withParts: true);
        await using (var refuse = lab.Database.DataSource.CreateCommand("ALTER TABLE public.parts ADD CHECK (part <> 'part 26/1')"))
            await refuse.ExecuteNonQueryAsync(Cancellation);

        var end = await MigrateAsync(lab.Worker(lab.Database.DataSource), lab.Slice);

        Assert.Equal(new SliceCounts(40, 38, 2, 0), Assert.IsType<SliceEnd.Completed>(end).Claim.Counts);
        await HoldsAsync(lab, Enumerable.Range(0, 40).Except([7, 26]));
    }

    [Fact]
    public async Task A_batch_ends_within_its_page_when_its_rows_are_many_times_their_documents()
    {
        // Some 900 bytes of document and 4,400 of rows a record: a page of nine, of which seven are four times 8 KiB.
        await using var lab = await CreateAsync(
            records: 25, worker: ", batchBytes: 8KiB", text: _ => new BsonArray(Enumerable.Repeat(BsonNull.Value, 200)), textType: "jsonb", withParts: true);
        var worker = lab.Worker(lab.Database.DataSource);
        var claim = await ClaimAsync(worker, lab.Slice);

        var first = await (await worker.AttemptAsync("numbers", Cancellation)).MakeAsync(claim, drain: new CancellationToken(canceled: true), Cancellation);

        Assert.InRange(Assert.IsType<SliceEnd.Unfinished>(first).Claim.Counts.Read, 4, 8);
        Assert.True(await worker.Ledger.HandBackAsync(first.Claim, Cancellation));
        var end = await MigrateAsync(worker, lab.Slice);
        Assert.Equal(new SliceCounts(25, 25, 0, 0), Assert.IsType<SliceEnd.Completed>(end).Claim.Counts);
        Assert.Equal(Enumerable.Range(0, 25), await lab.WrittenAsync());
        Assert.Equal(25 * 200, (await lab.PartsAsync()).Distinct().Count());
        Assert.Equal(25 * 200, (await lab.PartsAsync()).Count);
    }

    /// <summary>Record i has i % 3 parts.</summary>
    private static BsonArray Parts(int i) => [.. Enumerable.Range(0, i % 3).Select(part => $"part {i}/{part}")];

    private static async Task HoldsAsync(SliceLab lab, IEnumerable<int> records)
    {
        var expected = records.ToList();
        Assert.Equal(expected, await lab.WrittenAsync());
        Assert.Equal(expected.SelectMany(i => Parts(i).Select((part, ordinal) => $"{i}.{ordinal}.{part}")), await lab.PartsAsync());
    }
}
