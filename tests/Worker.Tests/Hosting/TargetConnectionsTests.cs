using Migration.Contracts.Ledger;
using Migration.TestServers;
using Migration.Worker.Hosting;
using Npgsql;

namespace Migration.Worker.Tests.Hosting;

public sealed class TargetConnectionsTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_share_bounds_the_slices_in_hand_and_without_one_nothing_is_held()
    {
        await using var database = await Postgres.CreateDatabaseAsync(Cancellation);
        var run = await RunAsync(database, 5);
        await using var first = await WorkerAsync(database, "host:1");
        await using var second = await WorkerAsync(database, "host:2");
        await using var third = await WorkerAsync(database, "host:3");

        await first.AskAsync(run, slices: 8, Lease, Cancellation);
        await second.AskAsync(run, slices: 8, Lease, Cancellation);
        Assert.Equal((4, false), (first.ForSlices, second.HasShare));
        Assert.Throws<InvalidOperationException>(() => second.Slices);
        await WaitForSessionsAsync(database, "host:2", 0);

        // All of it in use at a time is what was granted, the heartbeat's included.
        var inUse = new List<NpgsqlConnection> { await first.Ledger.OpenConnectionAsync(Cancellation) };
        for (var i = 0; i < first.ForSlices; i++)
            inUse.Add(await first.Slices.OpenConnectionAsync(Cancellation));
        Assert.Equal(5, await SessionsAsync(database, "host:1"));
        foreach (var connection in inUse)
            await connection.DisposeAsync();

        await first.GiveBackAsync(Cancellation);
        Assert.Equal((0, false), (first.ForSlices, first.HasShare));
        await WaitForSessionsAsync(database, "host:1", 0);
        await third.AskAsync(run, slices: 1, Lease, Cancellation);
        Assert.Equal(1, third.ForSlices);
    }

    [Fact]
    public async Task What_a_batch_made_for_its_session_is_there_for_the_next()
    {
        await using var database = await Postgres.CreateDatabaseAsync(Cancellation);
        var run = await RunAsync(database, 5);
        await using var worker = await WorkerAsync(database, "host:1");
        await worker.AskAsync(run, slices: 1, Lease, Cancellation);

        await using (var connection = await worker.Slices.OpenConnectionAsync(Cancellation))
        await using (var make = new NpgsqlCommand("CREATE TEMPORARY TABLE made AS SELECT 7 AS n", connection))
            await make.ExecuteNonQueryAsync(Cancellation);

        await using var again = worker.Slices.CreateCommand("SELECT n FROM made");
        Assert.Equal(7, await again.ExecuteScalarAsync(Cancellation));
    }

    private static async Task<RunRecord> RunAsync(PostgresDatabase database, int limit)
    {
        await LedgerSchema.EnsureAsync(database.DataSource, Cancellation);
        var run = await new RunLedger(database.DataSource).CreateAsync("shop", "{}", "hash", [], Cancellation);
        await new ConnectionLedger(database.DataSource).SetLimitAsync(run.Id, limit, Cancellation);
        return run;
    }

    private static async Task<TargetConnections> WorkerAsync(PostgresDatabase database, string name)
    {
        var worker = new WorkerIdentity(Guid.NewGuid(), name);
        await new WorkerLedger(database.DataSource).RegisterAsync(worker.Id, worker.Name, Cancellation);
        return new TargetConnections(new WorkerOptions { Target = database.Uri.AbsoluteUri }, worker);
    }

    private static async Task WaitForSessionsAsync(PostgresDatabase database, string worker, int count)
    {
        var deadline = DateTime.UtcNow + TimeSpan.FromSeconds(30);
        while (await SessionsAsync(database, worker) != count && DateTime.UtcNow < deadline)
            await Task.Delay(20, Cancellation);
        Assert.Equal(count, await SessionsAsync(database, worker));
    }

    private static async Task<int> SessionsAsync(PostgresDatabase database, string worker)
    {
        await using var command = database.DataSource.CreateCommand("SELECT count(*)::int FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()");
        command.Parameters.Add(new() { Value = WorkerSession.ApplicationName(worker) });
        return (int)(await command.ExecuteScalarAsync(Cancellation))!;
    }
}
