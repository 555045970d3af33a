using Migration.Contracts.Ledger;
using Npgsql;
using static Migration.Contracts.Tests.Ledger.LedgerDatabase;

namespace Migration.Contracts.Tests.Ledger;

public sealed class QuarantineReplayLedgerTests
{
    [Fact]
    public async Task What_is_resolved_counts_as_written_or_skipped_and_is_quarantined_no_more()
    {
        await using var ledger = await CreateAsync();
        var (runId, replay, keys) = await QuarantinedAsync(ledger);

        await InTransactionAsync(ledger, async transaction =>
        {
            await QuarantineReplayLedger.ResolveAsync(transaction, replay, keys[..3], Cancellation);
            await QuarantineReplayLedger.MoveCountsAsync(transaction, new SliceId(runId, Collection, 0), 2, 1, Cancellation);
            await QuarantineReplayLedger.CountAsync(transaction, replay, 2, 1, 0, Cancellation);
        });

        Assert.Equal("10 = 8 + 1 + 1", await ledger.ScalarAsync<string>(
            "SELECT format('%s = %s + %s + %s', read, written, skipped, quarantined) FROM migration.slice WHERE number = 0"));
        Assert.Equal(new Dictionary<string, long> { [Collection] = 3 }, await ledger.Progress.CountQuarantineAsync(runId, Cancellation));
        var done = (await new ReplayLedger(ledger.Target).ListAsync(runId, Cancellation)).Single();
        Assert.Equal((3, 2, 1, 0), (done.Records, done.Written, done.Skipped, done.Quarantined));
    }

    [Fact]
    public async Task Counts_that_the_slice_does_not_have_are_refused()
    {
        await using var ledger = await CreateAsync();
        var (runId, _, _) = await QuarantinedAsync(ledger);
        Task MoveAsync(int slice, long written) => InTransactionAsync(ledger, transaction => QuarantineReplayLedger.MoveCountsAsync(
            transaction, new SliceId(runId, Collection, slice), written, 0, Cancellation));

        Assert.Equal("counts_are_not_negative", (await Assert.ThrowsAsync<PostgresException>(() => MoveAsync(0, 5))).ConstraintName);
        await Assert.ThrowsAsync<LedgerException>(() => MoveAsync(7, 1));
    }

    [Fact]
    public async Task A_replay_meets_no_record_twice_and_the_next_one_meets_those_that_were_refused()
    {
        await using var ledger = await CreateAsync();
        var (runId, replay, keys) = await QuarantinedAsync(ledger);
        await InTransactionAsync(ledger, async transaction =>
        {
            await QuarantineReplayLedger.ResolveAsync(transaction, replay, keys[..1], Cancellation);
            await RefuseAsync(transaction, replay, keys[1], "c0ffee");
        });

        Assert.Equal(keys[2..], await ListAsync(ledger, runId, replay));
        Assert.Equal(keys[1..], await ListAsync(ledger, runId, Guid.NewGuid()));
        await InTransactionAsync(ledger, async transaction => Assert.Equal(
            keys[2..], (await QuarantineReplayLedger.LockAsync(transaction, replay, keys, Cancellation)).Select(held => held.Key)));
    }

    [Theory]
    [InlineData("c0ffee", "2026-01-01")]
    [InlineData("another", null)]
    public async Task A_record_refused_once_more_has_the_new_reason_and_the_time_of_the_cause(string fingerprint, string? since)
    {
        await using var ledger = await CreateAsync();
        var (_, replay, keys) = await QuarantinedAsync(ledger);

        await InTransactionAsync(ledger, transaction => RefuseAsync(transaction, replay, keys[0], fingerprint));

        Assert.Equal($"write, 23505, there already, {fingerprint}, new, open", await ledger.ScalarAsync<string>(
            """
            SELECT concat_ws(', ', stage, column_name, sqlstate, message, fingerprint, file_hash, CASE WHEN resolved_at IS NULL THEN 'open' END)
            FROM migration.quarantine WHERE id = $1
            """,
            keys[0].Id));
        Assert.Equal(since is not null, await ledger.ScalarAsync<bool>(
            "SELECT quarantined_at = '2026-01-01Z' FROM migration.quarantine WHERE id = $1", keys[0].Id));
    }

    [Fact]
    public async Task Records_that_took_workers_down_are_left_alone_unless_their_cause_is_named()
    {
        await using var ledger = await CreateAsync();
        var (runId, replay, keys) = await QuarantinedAsync(ledger);
        await ledger.ExecuteAsync(
            "UPDATE migration.quarantine SET exception = $1, fingerprint = 'poison' WHERE id = $2", QuarantineReplayLedger.WorkerDied, keys[0].Id);

        Assert.Equal(keys[1..], await ListAsync(ledger, runId, replay));
        Assert.Equal([keys[0]], await ListAsync(ledger, runId, replay, "poison"));
    }

    [Fact]
    public async Task A_page_ends_at_its_bytes_and_has_at_least_one_record()
    {
        await using var ledger = await CreateAsync();
        var (runId, replay, keys) = await QuarantinedAsync(ledger);

        Assert.Equal(keys[..1], await ListAsync(ledger, runId, replay, mostBytes: 1));
        Assert.Equal(keys[..2], await ListAsync(ledger, runId, replay, mostBytes: 14));
        Assert.Equal(keys[1..3], await ListAsync(ledger, runId, replay, mostBytes: 14, after: keys[0]));
    }

    private static Task<List<QuarantineKey>> ListAsync(
        LedgerDatabase ledger, Guid runId, Guid replay, string? cause = null, long mostBytes = 1000, QuarantineKey? after = null)
        => QuarantineReplayLedger.ListAsync(
            ledger.Target, runId, Collection, cause, replay, after ?? QuarantineKey.Start, 100, mostBytes, Cancellation);

    private static Task RefuseAsync(NpgsqlTransaction transaction, Guid replay, QuarantineKey key, string fingerprint)
        => QuarantineReplayLedger.RefuseAsync(
            transaction, replay, key, "new", new QuarantinedRecord(null, default, null, "write", null, "23505", "there already", fingerprint),
            Cancellation);

    private static async Task InTransactionAsync(LedgerDatabase ledger, Func<NpgsqlTransaction, Task> work)
    {
        await using var connection = await ledger.Target.OpenConnectionAsync(Cancellation);
        await using var transaction = await connection.BeginTransactionAsync(Cancellation);
        await work(transaction);
        await transaction.CommitAsync(Cancellation);
    }

    /// <summary>Two completed slices of ten records; four and two of them are in quarantine, five bytes each.</summary>
    private static async Task<(Guid RunId, Guid Replay, List<QuarantineKey> Keys)> QuarantinedAsync(LedgerDatabase ledger)
    {
        var runId = await ledger.PlanAsync(10, 10);
        await ledger.ExecuteAsync(
            """
            UPDATE migration.slice SET state = 'completed', finished_at = clock_timestamp(), read = 10,
                quarantined = CASE number WHEN 0 THEN 4 ELSE 2 END, written = CASE number WHEN 0 THEN 6 ELSE 8 END
            """);
        await ledger.ExecuteAsync(
            """
            INSERT INTO migration.quarantine (run_id, collection, slice, document, stage, column_name, message, fingerprint, file_hash, quarantined_at)
            SELECT run_id, collection, number, '\x0500000000', 'map', 'price', 'too wide', 'c0ffee', 'old', '2026-01-01Z'
            FROM migration.slice, generate_series(1, quarantined) ORDER BY number
            """);
        var keys = await ledger.Target.QueryAsync(
            "SELECT slice, id FROM migration.quarantine ORDER BY slice, id", row => new QuarantineKey(row.GetInt32(0), row.GetInt64(1)), Cancellation);
        return (runId, await new ReplayLedger(ledger.Target).StartAsync(runId, "all", "new", Cancellation), keys);
    }
}
