using Migration.Contracts.Ledger;

namespace Migration.Contracts.Tests.Ledger;

public sealed class ConnectionLedgerTests
{
    private static CancellationToken Cancellation => LedgerDatabase.Cancellation;

    [Fact]
    public async Task Workers_that_ask_at_the_same_moment_never_get_more_than_the_limit()
    {
        await using var ledger = await LedgerDatabase.CreateAsync();
        var run = await LimitedRunAsync(ledger, 11);
        var workers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => ledger.WorkerAsync($"host:{i}")));

        var shares = await Task.WhenAll(workers.Select(worker => AnswerAsync(ledger, worker, run, 3)));

        Assert.InRange(shares.Sum(share => share.Connections), 10, 11);
        Assert.All(shares, share => Assert.True(share.Connections is 0 or 2 or 3));
        Assert.Equal((long)shares.Sum(share => share.Connections), await ledger.ScalarAsync<long>("SELECT sum(connections) FROM migration.worker"));
    }

    [Theory]
    [InlineData("goodbye")]
    [InlineData("silence")]
    [InlineData("giving it back")]
    public async Task The_share_of_a_worker_that_left_is_free(string way)
    {
        await using var ledger = await LedgerDatabase.CreateAsync();
        var run = await LimitedRunAsync(ledger, 3);
        var (first, second) = (await ledger.WorkerAsync("host:1"), await ledger.WorkerAsync("host:2"));
        Assert.Equal(3, (await AnswerAsync(ledger, first, run, 3)).Connections);
        Assert.Equal(new ConnectionShare(0, 3, 3), await AnswerAsync(ledger, second, run, 3));

        await (way switch
        {
            "goodbye" => first.StopAsync(),
            "silence" => first.FallSilentAsync(),
            _ => new ConnectionLedger(ledger.Target).GiveBackAsync(first.Id, Cancellation),
        });

        Assert.InRange((await AnswerAsync(ledger, second, run, 3)).Connections, 2, 3);
    }

    [Fact]
    public async Task Runs_have_their_limits_apart_and_a_run_without_one_gives_what_is_asked_for()
    {
        await using var ledger = await LedgerDatabase.CreateAsync();
        var run = await LimitedRunAsync(ledger, 3);
        var other = await ledger.CreateRunAsync("other");
        var (first, second) = (await ledger.WorkerAsync("host:1"), await ledger.WorkerAsync("host:2"));
        await AnswerAsync(ledger, first, run, 3);

        Assert.Equal(new ConnectionShare(65, null, 0), await AnswerAsync(ledger, second, other.Id, 65));
    }

    [Fact]
    public async Task Where_it_is_known_how_many_workers_are_wanted_the_first_ones_leave_room_for_the_others()
    {
        await using var ledger = await LedgerDatabase.CreateAsync();
        var run = await LimitedRunAsync(ledger, 12);
        await ledger.ExecuteAsync("UPDATE migration.run SET workers_wanted = 6, workers_configured = 6 WHERE id = $1", run);

        Assert.Equal(2, (await AnswerAsync(ledger, await ledger.WorkerAsync(), run, 9)).Connections);
    }

    [Fact]
    public async Task To_ask_is_a_sign_of_life()
    {
        await using var ledger = await LedgerDatabase.CreateAsync();
        var run = await LimitedRunAsync(ledger, 3);
        var worker = await ledger.WorkerAsync();
        await worker.FallSilentAsync();

        await AnswerAsync(ledger, worker, run, 3);

        Assert.True(await ledger.ScalarAsync<bool>("SELECT heartbeat_at > clock_timestamp() - interval '30 seconds' FROM migration.worker"));
    }

    [Fact]
    public async Task The_room_leaves_out_what_others_hold_what_other_runs_may_hold_and_a_margin()
    {
        await using var ledger = await LedgerDatabase.CreateAsync();
        await using var connection = await ledger.Target.OpenConnectionAsync(Cancellation);
        var before = await ConnectionRoom.MeasureAsync(connection, null, Cancellation);
        var run = await LimitedRunAsync(ledger, 7);
        await ledger.Runs.StartAsync(run, Cancellation);

        Assert.Equal(before.Free - 7, (await ConnectionRoom.MeasureAsync(connection, null, Cancellation)).Free, 3.0);
        Assert.Equal(before.Free, (await ConnectionRoom.MeasureAsync(connection, run, Cancellation)).Free, 3.0);
        Assert.True(before.Usable > before.Free);
        Assert.Equal(89, new ConnectionRoom(97, 97).ForWorkers);
        Assert.Equal(11, new ConnectionRoom(17, 17).ForWorkers);
        Assert.Equal(ConnectionShare.Least, new ConnectionRoom(17, 0).ForWorkers);
    }

    private static async Task<Guid> LimitedRunAsync(LedgerDatabase ledger, int limit)
    {
        var run = await ledger.CreateRunAsync();
        await new ConnectionLedger(ledger.Target).SetLimitAsync(run.Id, limit, Cancellation);
        return run.Id;
    }

    /// <summary>Asks until it is answered.</summary>
    private static async Task<ConnectionShare> AnswerAsync(LedgerDatabase ledger, TestWorker worker, Guid run, int wish)
    {
        while (true)
        {
            if (await new ConnectionLedger(ledger.Target).AskAsync(worker.Id, run, wish, LedgerDatabase.Lease, Cancellation) is { } share)
                return share;
        }
    }
}
