using System.Globalization;
using Migration.Contracts.Ledger;
using Migration.TestServers;
using Npgsql;
using static Migration.Contracts.Tests.Ledger.LedgerDatabase;

namespace Migration.Contracts.Tests.Ledger;

public sealed class RunLockTests
{
    /// <summary>
    /// Their keys have, in this order, the sign bit set, the sign bit of the lower half set, both, and neither.
    /// </summary>
    public static TheoryData<string> Names => ["run-8", "run-0", "run-2", "run-4"];

    [Fact]
    public void The_names_have_keys_of_every_sign()
    {
        var signs = Names.Select(name => RunLock.Key(name.Data)).Select(key => (key < 0, (int)key < 0));

        Assert.Equal(4, signs.Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_second_coordinator_learns_who_drives_the_run_and_since_when(string run)
    {
        await using var database = await Postgres.CreateDatabaseAsync(Cancellation);
        await using var held = await RunLock.AcquireAsync(database.ConnectionString, run, "alpha:17", Cancellation);
        var since = await database.DataSource.ScalarAsync<DateTime>(
            "SELECT backend_start FROM pg_stat_activity WHERE application_name = 'coordinator alpha:17'", Cancellation);

        var refused = await Assert.ThrowsAsync<LedgerException>(
            () => RunLock.AcquireAsync(database.ConnectionString, run, "beta:4", Cancellation));

        Assert.Contains($"Run '{run}' is driven by coordinator alpha:17 ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(
            since.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + " UTC", refused.Message, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_database_user_learns_at_least_that_the_run_is_driven()
    {
        await using var database = await Postgres.CreateDatabaseAsync(Cancellation);
        await using var held = await RunLock.AcquireAsync(database.ConnectionString, "shop", "alpha:17", Cancellation);
        await using var user = await LesserUser.CreateAsync(database);

        var refused = await Assert.ThrowsAsync<LedgerException>(
            () => RunLock.AcquireAsync(user.ConnectionString, "shop", "beta:4", Cancellation));

        Assert.Contains("Run 'shop' is driven by coordinator alpha:17", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("socket", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_runs_and_other_databases_are_not_in_the_way()
    {
        await using var database = await Postgres.CreateDatabaseAsync(Cancellation);
        await using var other = await Postgres.CreateDatabaseAsync(Cancellation);
        await using var held = await RunLock.AcquireAsync(database.ConnectionString, "shop", "alpha:17", Cancellation);

        await using var otherRun = await RunLock.AcquireAsync(database.ConnectionString, "shop-2", "beta:4", Cancellation);
        await using var otherDatabase = await RunLock.AcquireAsync(other.ConnectionString, "shop", "gamma:4", Cancellation);
    }

    [Fact]
    public async Task A_lock_of_the_same_run_in_another_database_is_not_taken_for_the_holder()
    {
        await using var database = await Postgres.CreateDatabaseAsync(Cancellation);
        await using var other = await Postgres.CreateDatabaseAsync(Cancellation);
        await using var elsewhere = await RunLock.AcquireAsync(other.ConnectionString, "shop", "elsewhere:1", Cancellation);
        await using var held = await RunLock.AcquireAsync(database.ConnectionString, "shop", "alpha:17", Cancellation);

        var refused = await Assert.ThrowsAsync<LedgerException>(
            () => RunLock.AcquireAsync(database.ConnectionString, "shop", "beta:4", Cancellation));

        Assert.Contains("alpha:17", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_many_that_ask_at_once_one_gets_it_and_a_released_lock_is_free()
    {
        await using var database = await Postgres.CreateDatabaseAsync(Cancellation);
        var asked = await Task.WhenAll(Enumerable.Range(0, 8).Select(async n =>
        {
            try
            {
                return await RunLock.AcquireAsync(database.ConnectionString, "shop", $"host:{n}", Cancellation);
            }
            catch (LedgerException)
            {
                return null;
            }
        }));

        var held = Assert.Single(asked, got => got is not null)!;
        await held.RenewAsync(Cancellation);
        await held.DisposeAsync();

        await using var next = await AcquireOnceFreeAsync(database);
    }

    [Fact]
    public async Task A_connection_that_dies_lets_the_lock_go_and_the_holder_notices()
    {
        await using var database = await Postgres.CreateDatabaseAsync(Cancellation);
        await using var held = await RunLock.AcquireAsync(database.ConnectionString, "shop", "alpha:17", Cancellation);
        await held.RenewAsync(Cancellation);

        await database.DataSource.ExecuteAsync(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'coordinator alpha:17'", Cancellation);

        await using (var next = await AcquireOnceFreeAsync(database))
        {
            await Assert.ThrowsAsync<LedgerException>(() => held.RenewAsync(Cancellation));
        }
    }

    [Fact]
    public async Task A_holder_whose_connection_died_takes_the_lock_again()
    {
        await using var database = await Postgres.CreateDatabaseAsync(Cancellation);
        await using var held = await RunLock.AcquireAsync(database.ConnectionString, "shop", "alpha:17", Cancellation);
        await database.DataSource.ExecuteAsync(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'coordinator alpha:17'",
            Cancellation);

        await held.RenewAsync(Cancellation);

        await Assert.ThrowsAsync<LedgerException>(
            () => RunLock.AcquireAsync(database.ConnectionString, "shop", "beta:4", Cancellation));
    }

    /// <summary>As behind a proxy that answers for a client which is gone.</summary>
    [Fact]
    public async Task The_lock_of_a_session_that_says_nothing_any_more_is_taken_over()
    {
        await using var database = await Postgres.CreateDatabaseAsync(Cancellation);
        await using var gone = await HoldSilentlyAsync(database);

        await using var next = await TakeOverAsync(database, _ => { });

        await next.RenewAsync(Cancellation);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => gone.ScalarAsync<int>("SELECT 1", Cancellation));
    }

    [Fact]
    public async Task A_holder_that_says_a_word_while_it_is_watched_keeps_the_lock()
    {
        await using var database = await Postgres.CreateDatabaseAsync(Cancellation);
        await using var slow = await HoldSilentlyAsync(database);

        var refused = await Assert.ThrowsAsync<LedgerException>(() => TakeOverAsync(
            database, _ => Assert.Equal(1, slow.ScalarAsync<int>("SELECT 1", Cancellation).GetAwaiter().GetResult())));

        Assert.Contains("is driven by coordinator gone:1 ", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, await slow.ScalarAsync<int>("SELECT 1", Cancellation));
    }

    [Fact]
    public async Task A_holder_is_heard_of_without_doing_anything()
    {
        await using var database = await Postgres.CreateDatabaseAsync(Cancellation);
        await using var held = await RunLock.AcquireAsync(database.ConnectionString, "shop", "alpha:17", Cancellation);

        Assert.InRange(new NpgsqlConnectionStringBuilder(held.Connection.ConnectionString).KeepAlive, 1, RunLock.Silence.TotalSeconds / 3);
    }

    [Fact]
    public async Task A_coordinator_whose_machine_vanished_is_noticed_within_a_minute()
    {
        await using var database = await Postgres.CreateDatabaseAsync(Cancellation);
        await using var held = await RunLock.AcquireAsync(database.ConnectionString, "shop", "alpha:17", Cancellation);

        // The operating system reports what it really applies to the connection.
        Assert.Equal("20 5 3", await held.Connection.ScalarAsync<string>(
            """
            SELECT concat_ws(' ', current_setting('tcp_keepalives_idle'), current_setting('tcp_keepalives_interval'),
                             current_setting('tcp_keepalives_count'))
            """,
            Cancellation));
    }

    [Fact]
    public async Task A_long_name_of_a_holder_keeps_its_end_with_the_process_id()
    {
        await using var database = await Postgres.CreateDatabaseAsync(Cancellation);
        await using var held = await RunLock.AcquireAsync(
            database.ConnectionString, "shop", new string('x', 39) + "yz", Cancellation);

        var refused = await Assert.ThrowsAsync<LedgerException>(
            () => RunLock.AcquireAsync(database.ConnectionString, "shop", "beta:4", Cancellation));

        Assert.Contains("coordinator " + new string('x', 38) + "yz (", refused.Message, StringComparison.Ordinal);
    }

    // The server notices the end of a session on its own time.
    private static async Task<RunLock> AcquireOnceFreeAsync(PostgresDatabase database)
    {
        var deadline = DateTime.UtcNow.AddSeconds(30);
        while (true)
        {
            try
            {
                return await RunLock.AcquireAsync(database.ConnectionString, "shop", "next:1", Cancellation);
            }
            catch (LedgerException) when (DateTime.UtcNow < deadline)
            {
            }
        }
    }

    private static async Task<NpgsqlConnection> HoldSilentlyAsync(PostgresDatabase database)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database.ConnectionString)
        {
            ApplicationName = "coordinator gone:1",
            Pooling = false,
        }.ConnectionString);
        await connection.OpenAsync(Cancellation);
        Assert.True(await connection.ScalarAsync<bool>("SELECT pg_try_advisory_lock($1)", Cancellation, RunLock.Key("shop")));
        return connection;
    }

    /// <summary>Asks until the holder has been silent for long enough to be watched.</summary>
    private static async Task<RunLock> TakeOverAsync(PostgresDatabase database, Action<string> tell)
    {
        var watched = false;
        while (true)
        {
            try
            {
                return await RunLock.AcquireAsync(
                    database.ConnectionString, "shop", "beta:4", Cancellation, Tell, TimeSpan.FromSeconds(0.5));
            }
            catch (LedgerException) when (!watched)
            {
                // Its last word was not old enough yet.
            }
        }

        void Tell(string sentence)
        {
            watched = true;
            Assert.Contains("is driven by coordinator gone:1, last heard of ", sentence, StringComparison.Ordinal);
            tell(sentence);
        }
    }
}
