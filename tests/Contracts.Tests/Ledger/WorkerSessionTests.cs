using Migration.Contracts.Ledger;
using Npgsql;
using static Migration.Contracts.Tests.Ledger.LedgerDatabase;

namespace Migration.Contracts.Tests.Ledger;

public sealed class WorkerSessionTests
{
    [Theory]
    [InlineData(false, "off")]
    [InlineData(true, "on")]
    public async Task Only_the_last_batch_of_a_slice_waits_for_the_disk(bool isLast, string expected)
    {
        await using var ledger = await CreateAsync();
        await using var connection = await ledger.Target.OpenConnectionAsync(Cancellation);
        await using (var transaction = await connection.BeginTransactionAsync(Cancellation))
        {
            await WorkerSession.BeginBatchAsync(transaction, TimeSpan.FromSeconds(30), isLast, Cancellation);

            Assert.Equal(expected, await SettingAsync(connection));
        }

        Assert.Equal("on", await SettingAsync(connection));
    }

    [Fact]
    public async Task A_worker_waits_for_the_disk_where_others_do_not_and_so_does_who_gets_its_connection_next()
    {
        await using var ledger = await CreateAsync();
        await ledger.ExecuteAsync("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$");
        await using var sessions = WorkerSession.Open(new(ledger.ConnectionString) { MaxPoolSize = 1 });

        for (var use = 0; use < 2; use++)
        {
            await using var connection = await sessions.OpenConnectionAsync(Cancellation);
            Assert.Equal("on", await SettingAsync(connection));
        }
    }

    private static async Task<string> SettingAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand("SELECT current_setting('synchronous_commit')", connection);
        return (string)(await command.ExecuteScalarAsync(Cancellation))!;
    }
}
