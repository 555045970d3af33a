using Migration.Contracts.Ledger;
using static Migration.Contracts.Tests.Ledger.LedgerDatabase;

namespace Migration.Contracts.Tests.Ledger;

public sealed class FailureLedgerTests
{
    private static readonly QuarantinedRecord TooWide = new(
        "1", new byte[] { 5, 0, 0, 0, 0 }, """{"_id": 1}""", "map", "price", "22003", "too wide", "wide");

    private static readonly QuarantinedRecord Broken = TooWide with
    {
        RecordId = null,
        DocumentJson = null,
        Stage = "read",
        Column = null,
        SqlState = null,
        Message = "no BSON",
        Fingerprint = "broken",
    };

    [Theory]
    [InlineData(FailureGrouping.Cause, "products 3 wide; orders 2 wide; products 1 broken; products 1 late")]
    [InlineData(FailureGrouping.Collection, "products 5 wide,broken,late; orders 2 wide")]
    [InlineData(FailureGrouping.Column, "products 4 wide,late; orders 2 wide; products 1 broken")]
    [InlineData(FailureGrouping.Slice, "products 4 wide,broken; orders 2 wide; products 1 late")]
    public async Task Records_are_grouped_the_largest_group_first(FailureGrouping by, string expected)
    {
        await using var ledger = await CreateAsync();
        var run = await QuarantineAsync(ledger);

        var found = await new FailureLedger(ledger.Target).QuarantineAsync(run, by, Cancellation);

        Assert.Equal(expected, string.Join("; ", found.Groups.Select(g => $"{g.Collection} {g.Count} {string.Join(',', g.Fingerprints)}")));
        Assert.Equal((7, 0), (found.Total, found.More));
    }

    [Fact]
    public async Task The_example_of_a_group_is_one_of_its_most_frequent_cause()
    {
        await using var ledger = await CreateAsync();
        var run = await QuarantineAsync(ledger);

        var group = (await new FailureLedger(ledger.Target).QuarantineAsync(run, FailureGrouping.Collection, Cancellation)).Groups[0];

        Assert.Equal(("map", "price", "22003", "too wide"), (group.Stage, group.Column, group.SqlState, group.Message));
        Assert.Equal((3L, 0, "1", 5L, """{"_id": 1}"""), (group.Causes, group.Slice, group.RecordId, group.DocumentBytes, group.DocumentStart));
        Assert.Equal("""{"_id": 1}""", await new FailureLedger(ledger.Target).DocumentAsync(group.QuarantineId, Cancellation));
        Assert.Equal(
            await ledger.ScalarAsync<DateTime>("SELECT min(quarantined_at) FROM migration.quarantine WHERE collection = 'products'"),
            group.FirstAt.UtcDateTime);
        Assert.Equal(
            await ledger.ScalarAsync<DateTime>("SELECT max(quarantined_at) FROM migration.quarantine WHERE collection = 'products'"),
            group.LastAt.UtcDateTime);
    }

    [Fact]
    public async Task What_was_thrown_is_kept_and_bytes_that_are_no_document_have_none()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        await AddAsync(ledger, slice, Broken with { Exception = "System.InvalidCastException" });

        var group = Assert.Single((await new FailureLedger(ledger.Target).QuarantineAsync(slice.RunId, FailureGrouping.Cause, Cancellation)).Groups);

        Assert.Equal("System.InvalidCastException", group.Exception);
        Assert.Equal((null, null, null), (group.RecordId, group.DocumentStart, group.SqlState));
        Assert.Null(await new FailureLedger(ledger.Target).DocumentAsync(group.QuarantineId, Cancellation));
    }

    [Fact]
    public async Task A_record_that_a_replay_resolved_is_no_failure_any_more_and_counts_nowhere()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        await AddAsync(ledger, slice, TooWide, TooWide with { RecordId = "2" });
        await ResolveAsync(ledger, slice.RunId, "1");

        var found = await new FailureLedger(ledger.Target).QuarantineAsync(slice.RunId, FailureGrouping.Cause, Cancellation);

        Assert.Equal((1, "2"), (found.Total, Assert.Single(found.Groups).RecordId));
        Assert.Equal(1, (await ledger.Progress.CountQuarantineAsync(slice.RunId, Cancellation))[Collection]);
        Assert.Equal(1, Assert.Single(await ledger.Progress.CausesAsync(slice.RunId, 10, Cancellation)).Count);
    }

    [Fact]
    public async Task A_hundred_groups_come_and_the_others_are_counted()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        await AddAsync(ledger, slice, [.. Enumerable.Range(0, 103).Select(n => TooWide with { Fingerprint = $"f{n}" })]);
        var failures = new FailureLedger(ledger.Target);

        var byCause = await failures.QuarantineAsync(slice.RunId, FailureGrouping.Cause, Cancellation);
        var byCollection = Assert.Single((await failures.QuarantineAsync(slice.RunId, FailureGrouping.Collection, Cancellation)).Groups);

        Assert.Equal((100, 3, 103), (byCause.Groups.Count, byCause.More, byCause.Total));
        Assert.Equal((103, FailureLedger.MostFingerprints), (byCollection.Causes, byCollection.Fingerprints.Count));
    }

    [Fact]
    public async Task Of_a_large_document_only_the_start_comes_with_the_group()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var json = $$"""{"_id": 1, "text": "{{new string('x', 100_000)}}"}""";
        await AddAsync(ledger, slice, TooWide with { DocumentJson = json });
        var failures = new FailureLedger(ledger.Target);

        var group = Assert.Single((await failures.QuarantineAsync(slice.RunId, FailureGrouping.Cause, Cancellation)).Groups);

        Assert.Equal(json[..FailureLedger.PreviewLength], group.DocumentStart);
        Assert.Equal(json, await failures.DocumentAsync(group.QuarantineId, Cancellation));
    }

    [Fact]
    public async Task Slices_that_gave_up_are_grouped_by_cause_and_one_that_is_tried_again_is_none_of_them()
    {
        await using var ledger = await CreateAsync();
        var run = await ledger.PlanAsync(10, 10, 10, 10);
        var worker = await ledger.WorkerAsync();
        for (var number = 0; number < 3; number++)
            await GiveUpAsync(worker, new SliceId(run, Collection, number), number < 2 ? $"slice {number}: the disk is full" : "the dump changed");
        await worker.ClaimAsync(new SliceId(run, Collection, 3));
        await worker.FailAsync(new SliceId(run, Collection, 3), "the disk is full", most: 5);

        var found = await new FailureLedger(ledger.Target).SlicesAsync(run, FailureGrouping.Cause, Cancellation);

        Assert.Equal((3, 0, 2), (found.Total, found.More, found.Groups.Count));
        Assert.Equal((2, 20, 0, 1), (found.Groups[0].Count, found.Groups[0].RecordsLeft, found.Groups[0].Slice, found.Groups[0].Attempts));
        Assert.Equal([CauseFingerprint.OfSlice(Collection, "slice 9: the disk is full")], found.Groups[0].Fingerprints);
        Assert.Equal("the dump changed", found.Groups[1].Error);
    }

    [Fact]
    public async Task Slices_are_grouped_by_collection_and_one_by_one_too_and_the_most_frequent_error_is_shown()
    {
        await using var ledger = await CreateAsync();
        var run = await ledger.PlanAsync(10, 10, 10);
        var worker = await ledger.WorkerAsync();
        foreach (var (number, error) in new[] { (0, "rare"), (1, "frequent"), (2, "frequent") })
            await GiveUpAsync(worker, new SliceId(run, Collection, number), error);
        var failures = new FailureLedger(ledger.Target);

        var byCollection = Assert.Single((await failures.SlicesAsync(run, FailureGrouping.Collection, Cancellation)).Groups);
        var bySlice = (await failures.SlicesAsync(run, FailureGrouping.Slice, Cancellation)).Groups;

        Assert.Equal((3, 2, "frequent", 1), (byCollection.Count, byCollection.Causes, byCollection.Error, byCollection.Slice));
        Assert.Equal(["0 rare", "1 frequent", "2 frequent"], bySlice.Select(g => $"{g.Slice} {g.Error}"));
    }

    [Fact]
    public async Task Slices_that_nobody_claimed_have_a_cause_and_a_new_claim_forgets_it()
    {
        await using var ledger = await CreateAsync();
        var run = await ledger.PlanAsync(10, 10);
        await ledger.Plans.MarkQueuedAsync(run, Collection, [0], Cancellation);
        await ledger.Progress.FailUnclaimedAsync(run, 1, Cancellation);
        var worker = await ledger.WorkerAsync();
        await worker.ClaimAsync(new SliceId(run, Collection, 1));
        await worker.FailAsync(new SliceId(run, Collection, 1), most: 3);
        await worker.ClaimAsync(new SliceId(run, Collection, 1));

        var group = Assert.Single((await new FailureLedger(ledger.Target).SlicesAsync(run, FailureGrouping.Cause, Cancellation)).Groups);

        Assert.Equal([CauseFingerprint.OfSlice(Collection, group.Error)], group.Fingerprints);
        Assert.True(await ledger.ScalarAsync<bool>("SELECT cause IS NULL FROM migration.slice WHERE number = 1"));
    }

    [Fact]
    public async Task A_slice_that_gave_up_before_causes_were_kept_is_listed_all_the_same()
    {
        await using var ledger = await CreateAsync();
        var run = await ledger.PlanAsync(10);
        await GiveUpAsync(await ledger.WorkerAsync(), new SliceId(run, Collection, 0), "old");
        await ledger.ExecuteAsync("UPDATE migration.slice SET cause = NULL");

        var group = Assert.Single((await new FailureLedger(ledger.Target).SlicesAsync(run, FailureGrouping.Cause, Cancellation)).Groups);

        Assert.Equal("old", group.Error);
        Assert.Empty(group.Fingerprints);
    }

    [Fact]
    public async Task Paused_collections_are_listed_with_the_reason()
    {
        await using var ledger = await CreateAsync();
        var run = (await ledger.CreateRunAsync("shop", "products", "orders")).Id;
        await ledger.ExecuteAsync("UPDATE migration.collection SET paused_at = clock_timestamp(), pause_reason = 'too many' WHERE name = 'orders'");

        var paused = Assert.Single(await new FailureLedger(ledger.Target).PausedAsync(run, Cancellation));

        Assert.Equal(("orders", "too many"), (paused.Collection, paused.Reason));
    }

    [Fact]
    public async Task Failures_of_another_run_are_not_shown()
    {
        await using var ledger = await CreateAsync();
        await QuarantineAsync(ledger);
        var other = (await ledger.CreateRunAsync("other")).Id;
        var failures = new FailureLedger(ledger.Target);

        Assert.Equal(0, (await failures.QuarantineAsync(other, FailureGrouping.Cause, Cancellation)).Total);
        Assert.Equal(0, (await failures.SlicesAsync(other, FailureGrouping.Cause, Cancellation)).Total);
        Assert.Empty(await failures.PausedAsync(other, Cancellation));
    }

    /// <summary>Two slices of products and one of orders, with records for three causes in two columns and none.</summary>
    private static async Task<Guid> QuarantineAsync(LedgerDatabase ledger)
    {
        var run = (await ledger.CreateRunAsync("shop", "products", "orders")).Id;
        await ledger.Plans.AddSlicesAsync(run, "products", Slices(10, 10), 20, null, Cancellation);
        await ledger.Plans.AddSlicesAsync(run, "orders", Slices(10), 10, null, Cancellation);
        await AddAsync(ledger, new SliceId(run, "products", 0), TooWide, TooWide, TooWide);
        await AddAsync(ledger, new SliceId(run, "orders", 0), TooWide, TooWide);
        await AddAsync(ledger, new SliceId(run, "products", 0), Broken);
        await AddAsync(ledger, new SliceId(run, "products", 1), TooWide with { Stage = "write", SqlState = "P0001", Fingerprint = "late" });
        return run;
    }

    private static async Task GiveUpAsync(TestWorker worker, SliceId slice, string error)
    {
        await worker.ClaimAsync(slice);
        await worker.FailAsync(slice, error, most: 1);
    }

    private static async Task ResolveAsync(LedgerDatabase ledger, Guid run, string recordId)
    {
        var replay = Guid.NewGuid();
        await ledger.ExecuteAsync(
            "INSERT INTO migration.replay (id, run_id, selection, file_hash) VALUES ($1, $2, 'all', 'hash')", replay, run);
        await ledger.ExecuteAsync(
            "UPDATE migration.quarantine SET resolved_at = clock_timestamp(), replay_id = $2 WHERE run_id = $1 AND record_id = $3",
            run, replay, recordId);
    }

    private static async Task AddAsync(LedgerDatabase ledger, SliceId slice, params QuarantinedRecord[] records)
    {
        await using var connection = await ledger.Target.OpenConnectionAsync(Cancellation);
        await using var transaction = await connection.BeginTransactionAsync(Cancellation);
        await QuarantineLedger.AddAsync(transaction, slice, "hash", records, Cancellation);
        await transaction.CommitAsync(Cancellation);
    }
}
