using Migration.TestServers;
using Migration.Worker.Targets;
using Npgsql;

namespace Migration.Worker.Tests.Targets;

public sealed class LostSessionsTests
{
    private const string InCopy =
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'migration worker lost:1' AND query LIKE 'COPY%' AND state = 'active'";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>As behind a proxy that answers for a client which has given up.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_session_that_waits_in_a_COPY_for_what_nobody_sends_is_ended_before_anything_is_written_again(bool isCancelled)
    {
        await using var database = await Postgres.CreateDatabaseAsync(Cancellation);
        await ExecuteAsync(database.DataSource, "CREATE TABLE rows (id int PRIMARY KEY)");
        await using var proxy = new TcpProxy(database.Uri.Host, database.Uri.Port);
        await using var target = Through(proxy, database);
        var lost = new LostSessions(target);
        using var attempt = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<Exception>(() => lost.RunAsync(
            async connection =>
            {
                await CopyStream.CopyAsync(
                    connection, "COPY rows FROM STDIN (FORMAT binary)",
                    (_, _) =>
                    {
                        proxy.LeaveHalfOpen();
                        return isCancelled ? attempt.CancelAsync() : Task.CompletedTask;
                    },
                    attempt.Token);
                return true;
            },
            attempt.Token));
        Assert.Equal(1, await CountAsync(database.DataSource));

        await lost.EndAsync(Cancellation);

        while (await CountAsync(database.DataSource) > 0)
            await Task.Yield();
    }

    [Fact]
    public async Task A_connection_that_only_failed_keeps_its_session()
    {
        await using var database = await Postgres.CreateDatabaseAsync(Cancellation);
        var lost = new LostSessions(database.DataSource);

        var session = 0;
        await Assert.ThrowsAsync<PostgresException>(() => lost.RunAsync(
            async connection =>
            {
                session = connection.ProcessID;
                await using var command = new NpgsqlCommand("SELECT 1 / 0", connection);
                return await command.ExecuteNonQueryAsync(Cancellation);
            },
            Cancellation));
        await lost.EndAsync(Cancellation);

        await using var again = await database.DataSource.OpenConnectionAsync(Cancellation);
        Assert.Equal(session, again.ProcessID);
    }

    private static NpgsqlDataSource Through(TcpProxy proxy, PostgresDatabase database)
        => NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString)
        {
            Host = "127.0.0.1",
            Port = proxy.Port,
            ApplicationName = "migration worker lost:1",
            CommandTimeout = 1,
        });

    private static async Task<long> CountAsync(NpgsqlDataSource target)
    {
        await using var command = target.CreateCommand(InCopy);
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    private static async Task ExecuteAsync(NpgsqlDataSource target, string sql)
    {
        await using var command = target.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
