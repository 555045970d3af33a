using Migration.Contracts.Ledger;
using Npgsql;
using static Migration.Contracts.Tests.Ledger.LedgerDatabase;

namespace Migration.Contracts.Tests.Ledger;

public sealed class SliceAdvanceTests
{
    private static readonly SliceCounts Five = new(5, 5, 0, 0);

    [Fact]
    public async Task Batches_move_the_checkpoint_and_add_up_until_the_slice_is_completed()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var worker = await ledger.WorkerAsync();

        var claim = await worker.AdvanceAsync(await worker.ClaimAsync(slice), 3, new SliceCounts(4, 2, 1, 1));
        Assert.Equal(new SliceCounts(4, 2, 1, 1), claim.Counts);
        Assert.Equal(SliceState.Running, (await ledger.SliceAsync(slice)).State);
        claim = await worker.AdvanceAsync(claim, 9, new SliceCounts(6, 6, 0, 0), isFinal: true);

        Assert.Equal(new SliceCounts(10, 8, 1, 1), claim.Counts);
        Assert.Equal(At(9), claim.Checkpoint);
        var done = await ledger.SliceAsync(slice);
        Assert.Equal((SliceState.Completed, claim.Counts, null), (done.State, done.Counts, done.Error));
        Assert.True(await ledger.ScalarAsync<bool>(
            "SELECT worker_id IS NULL AND checkpoint = $1 AND progressed_at <= finished_at FROM migration.slice", At(9).Bson.ToArray()));
    }

    [Fact]
    public async Task An_older_claim_is_refused_and_its_rows_are_gone()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        await ledger.ExecuteAsync("CREATE TABLE product (id bigint)");
        var old = await (await ledger.WorkerAsync("zombie:1")).ClaimAsync(slice);
        await (await ledger.WorkerAsync("heir:1")).ClaimAsync(slice, redelivered: true);

        await Assert.ThrowsAsync<FenceLostException>(() => WriteAsync(ledger, old, 4));

        Assert.Equal(0L, await ledger.ScalarAsync<long>("SELECT count(*) FROM product"));
        Assert.Equal(default, (await ledger.SliceAsync(slice)).Counts);
    }

    [Fact]
    public async Task A_claim_made_while_the_batch_is_being_committed_waits_and_sees_its_checkpoint()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var old = await (await ledger.WorkerAsync()).ClaimAsync(slice);
        var heir = await ledger.WorkerAsync();
        await using var connection = await ledger.Target.OpenConnectionAsync(Cancellation);
        await using var transaction = await connection.BeginTransactionAsync(Cancellation);
        await SliceLedger.AdvanceAsync(transaction, old, At(4), Five, false, Cancellation);

        var stealing = heir.ClaimAsync(slice, redelivered: true);
        await BlockedAsync(ledger, connection);
        await transaction.CommitAsync(Cancellation);

        var claim = await stealing;
        Assert.Equal((At(4), Five), (claim.Checkpoint!.Value, claim.Counts));
    }

    [Fact]
    public async Task A_batch_that_waits_for_a_claim_to_commit_is_refused()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        await ledger.ExecuteAsync("CREATE TABLE product (id bigint)");
        var old = await (await ledger.WorkerAsync()).ClaimAsync(slice);
        await using var connection = await ledger.Target.OpenConnectionAsync(Cancellation);
        await using var transaction = await connection.BeginTransactionAsync(Cancellation);
        await connection.ExecuteAsync("UPDATE migration.slice SET claim = claim + 1", Cancellation);

        var writing = WriteAsync(ledger, old, 4);
        await BlockedAsync(ledger, connection);
        await transaction.CommitAsync(Cancellation);

        await Assert.ThrowsAsync<FenceLostException>(() => writing);
        Assert.Equal(0L, await ledger.ScalarAsync<long>("SELECT count(*) FROM product"));
    }

    [Fact]
    public async Task A_batch_that_started_from_another_checkpoint_is_refused()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var worker = await ledger.WorkerAsync();
        var claim = await worker.AdvanceAsync(await worker.ClaimAsync(slice), 4, Five);

        await Assert.ThrowsAsync<FenceLostException>(() => worker.AdvanceAsync(claim with { Checkpoint = At(3) }, 9, Five));
        await Assert.ThrowsAsync<FenceLostException>(() => worker.AdvanceAsync(claim with { Checkpoint = null }, 9, Five));

        Assert.Equal(Five, (await ledger.SliceAsync(slice)).Counts);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_same_batch_committed_twice_changes_nothing_the_second_time(bool isFinal)
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        await ledger.ExecuteAsync("CREATE TABLE product (id bigint)");
        var claim = await (await ledger.WorkerAsync()).ClaimAsync(slice);
        await WriteAsync(ledger, claim, 4, isFinal);
        var before = await ledger.SliceAsync(slice);

        await Assert.ThrowsAsync<FenceLostException>(() => WriteAsync(ledger, claim, 4, isFinal));

        Assert.Equal(before, await ledger.SliceAsync(slice));
        Assert.Equal(5L, await ledger.ScalarAsync<long>("SELECT count(*) FROM product"));
    }

    [Fact]
    public async Task A_slice_that_was_handed_back_cannot_be_advanced()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var worker = await ledger.WorkerAsync();
        var claim = await worker.ClaimAsync(slice);
        await worker.HandBackAsync(slice);

        await Assert.ThrowsAsync<FenceLostException>(() => worker.AdvanceAsync(claim, 4, Five));
    }

    [Fact]
    public async Task A_slice_without_records_completes_with_no_counts()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var worker = await ledger.WorkerAsync();

        await worker.AdvanceAsync(await worker.ClaimAsync(slice), 9, default, isFinal: true);

        Assert.Equal((SliceState.Completed, default(SliceCounts)), ((await ledger.SliceAsync(slice)).State, (await ledger.SliceAsync(slice)).Counts));
    }

    [Fact]
    public async Task A_batch_whose_counts_do_not_add_up_is_refused()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var worker = await ledger.WorkerAsync();
        var claim = await worker.ClaimAsync(slice);

        await Assert.ThrowsAsync<LedgerException>(() => worker.AdvanceAsync(claim, 4, new SliceCounts(5, 4, 0, 0)));

        Assert.Equal(default, (await ledger.SliceAsync(slice)).Counts);
    }

    [Theory]
    [InlineData("read = 5, written = 4", "conservation")]
    [InlineData("written = 1", "conservation")]
    [InlineData("read = 1, quarantined = 2, skipped = -1", "counts_are_not_negative")]
    [InlineData("state = 'running'", "running_has_an_owner")]
    [InlineData("state = 'completed'", "outcome_has_a_time")]
    [InlineData("finished_at = now()", "outcome_has_a_time")]
    [InlineData("state = 'failed', finished_at = now()", "failure_has_a_reason")]
    [InlineData("state = 'lost'", "slice_state_check")]
    [InlineData("record_limit = -1", "slice_record_limit_check")]
    [InlineData("silent_attempts = 1", "silence_is_a_way_to_stall")]
    [InlineData("is_waiting = true", "waiting_has_an_owner")]
    [InlineData("step = 'rest'", "slice_step_check")]
    public async Task The_database_itself_refuses_what_breaks_a_law(string change, string constraint)
    {
        await using var ledger = await CreateAsync();
        await ledger.PlanSliceAsync();

        var refused = await Assert.ThrowsAsync<PostgresException>(() => ledger.ExecuteAsync($"UPDATE migration.slice SET {change}"));

        Assert.Equal((PostgresErrorCodes.CheckViolation, constraint), (refused.SqlState, refused.ConstraintName));
    }

    /// <summary>Writes five rows and advances to <paramref name="key"/> in one transaction.</summary>
    private static async Task WriteAsync(LedgerDatabase ledger, SliceClaim claim, long key, bool isFinal = false)
    {
        await using var connection = await ledger.Target.OpenConnectionAsync(Cancellation);
        await using var transaction = await connection.BeginTransactionAsync(Cancellation);
        await connection.ExecuteAsync("INSERT INTO product SELECT generate_series(1, 5)", Cancellation);
        await SliceLedger.AdvanceAsync(transaction, claim, At(key), Five, isFinal, Cancellation);
        await transaction.CommitAsync(Cancellation);
    }

    /// <summary>Returns once somebody waits for a lock that <paramref name="blocker"/> holds.</summary>
    private static async Task BlockedAsync(LedgerDatabase ledger, NpgsqlConnection blocker)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        deadline.CancelAfter(TimeSpan.FromSeconds(30));
        while (!await ledger.Target.ScalarAsync<bool>(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid)))", deadline.Token, blocker.ProcessID))
        {
        }
    }
}
