using System.Diagnostics;
using Migration.Contracts.Ledger;
using Migration.TestServers;
using Npgsql;

namespace Migration.Contracts.Tests.Ledger;

public sealed class LedgerSchemaTests
{
    private const string Tables =
        "SELECT string_agg(table_name, ' ' ORDER BY table_name) FROM information_schema.tables WHERE table_schema = 'migration'";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static int Files => LedgerSchema.Version;

    [Fact]
    public async Task The_schema_is_created_once_and_kept_the_second_time()
    {
        await using var ledger = await LedgerDatabase.CreateAsync();
        await ledger.CreateRunAsync("kept");
        var applied = await ledger.ScalarAsync<DateTime>("SELECT applied_at FROM migration.ledger_version");

        await LedgerSchema.EnsureAsync(ledger.Target, Cancellation);

        Assert.Equal("build collection ledger_version quarantine rehosted replay run slice worker", await ledger.ScalarAsync<string>(Tables));
        Assert.NotNull(await ledger.Runs.FindAsync("kept", Cancellation));
        Assert.Equal(applied, await ledger.ScalarAsync<DateTime>("SELECT applied_at FROM migration.ledger_version"));
    }

    [Fact]
    public async Task Programs_that_start_together_do_not_clash()
    {
        await using var database = await Postgres.CreateDatabaseAsync(Cancellation);

        await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => LedgerSchema.EnsureAsync(database.DataSource, Cancellation)));

        Assert.Equal((long)LedgerSchema.Version, await database.DataSource.ScalarAsync<long>(
            "SELECT count(*) FROM migration.ledger_version", Cancellation));
    }

    [Fact]
    public async Task A_user_who_may_not_create_is_told_what_to_grant_and_nothing_is_left_behind()
    {
        await using var database = await Postgres.CreateDatabaseAsync(Cancellation);
        await using var user = await LesserUser.CreateAsync(database);

        var refused = await Assert.ThrowsAsync<LedgerException>(() => LedgerSchema.EnsureAsync(user.Target, Cancellation));

        Assert.Contains($"""GRANT CREATE ON DATABASE "{database.Name}" TO "{user.Name}".""", refused.Message, StringComparison.Ordinal);
        Assert.False(await database.DataSource.ScalarAsync<bool>(
            "SELECT to_regnamespace('migration') IS NOT NULL", Cancellation));
    }

    [Fact]
    public async Task The_advised_grant_is_enough()
    {
        await using var database = await Postgres.CreateDatabaseAsync(Cancellation);
        await using var user = await LesserUser.CreateAsync(database);
        await user.GrantAsync($"CREATE ON DATABASE {database.Name}");

        await LedgerSchema.EnsureAsync(user.Target, Cancellation);

        Assert.Empty(await new RunLedger(user.Target).ListAsync(Cancellation));
    }

    [Fact]
    public async Task A_schema_that_somebody_else_made_for_the_user_is_used()
    {
        await using var database = await Postgres.CreateDatabaseAsync(Cancellation);
        await using var user = await LesserUser.CreateAsync(database);
        await database.DataSource.ExecuteAsync("CREATE SCHEMA migration", Cancellation);
        await user.GrantAsync("USAGE, CREATE ON SCHEMA migration");

        await LedgerSchema.EnsureAsync(user.Target, Cancellation);

        Assert.Empty(await new RunLedger(user.Target).ListAsync(Cancellation));
    }

    [Fact]
    public async Task A_user_without_rights_on_the_existing_schema_is_told_about_the_schema()
    {
        await using var ledger = await LedgerDatabase.CreateAsync();
        await using var user = await LesserUser.CreateAsync(ledger.ConnectionString);

        var refused = await Assert.ThrowsAsync<LedgerException>(() => LedgerSchema.EnsureAsync(user.Target, Cancellation));

        Assert.Contains("USAGE, CREATE ON SCHEMA migration", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("ON DATABASE", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ledger_of_a_newer_version_is_refused()
    {
        await using var ledger = await LedgerDatabase.CreateAsync();
        await ledger.ExecuteAsync("INSERT INTO migration.ledger_version (version) VALUES (99)");

        var refused = await Assert.ThrowsAsync<LedgerException>(() => LedgerSchema.EnsureAsync(ledger.Target, Cancellation));

        Assert.Contains("has version 99", refused.Message, StringComparison.Ordinal);
        Assert.Contains("or a newer one", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_only_looks_is_told_of_another_version_and_changes_nothing()
    {
        await using var ledger = await LedgerDatabase.CreateAsync();
        await LedgerSchema.CheckAsync(ledger.Target, Cancellation);

        await ledger.ExecuteAsync($"DELETE FROM migration.ledger_version WHERE version = {Files}");
        var older = await Assert.ThrowsAsync<LedgerException>(() => LedgerSchema.CheckAsync(ledger.Target, Cancellation));
        Assert.Contains($"has version {Files - 1}, and this program reads version {Files}", older.Message, StringComparison.Ordinal);
        Assert.Equal(Files - 1L, await ledger.ScalarAsync<long>("SELECT count(*) FROM migration.ledger_version"));

        await ledger.ExecuteAsync("INSERT INTO migration.ledger_version (version) VALUES (99)");
        var newer = await Assert.ThrowsAsync<LedgerException>(() => LedgerSchema.CheckAsync(ledger.Target, Cancellation));
        Assert.Contains("has version 99", newer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_sql_file_runs_in_psql_as_it_is()
    {
        await using var database = await Postgres.CreateDatabaseAsync(Cancellation);
        await database.DataSource.ExecuteAsync("CREATE SCHEMA migration", Cancellation);
        await using var sql = typeof(LedgerSchema).Assembly.GetManifestResourceStream("Migration.Contracts.Ledger.Sql.0001_ledger.sql");

        var (exitCode, errors) = await RunInPsqlAsync(database.ConnectionString, sql!);

        Assert.Equal("", errors);
        Assert.Equal(0, exitCode);
        Assert.Equal("collection quarantine run slice worker", await database.DataSource.ScalarAsync<string>(Tables, Cancellation));
    }

    private static async Task<(int ExitCode, string Errors)> RunInPsqlAsync(string connectionString, Stream sql)
    {
        var address = new NpgsqlConnectionStringBuilder(connectionString);
        var start = new ProcessStartInfo(
            FindPsql(),
            ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", address.Host!, "-p", $"{address.Port}", "-U", address.Username!, "-d", address.Database!, "-f", "-"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["PGPASSWORD"] = address.Password },
        };
        using var psql = Process.Start(start)!;
        var output = psql.StandardOutput.ReadToEndAsync(Cancellation);
        var errors = psql.StandardError.ReadToEndAsync(Cancellation);
        await sql.CopyToAsync(psql.StandardInput.BaseStream, Cancellation);
        psql.StandardInput.Close();
        await psql.WaitForExitAsync(Cancellation);
        await output;
        return (psql.ExitCode, await errors);
    }

    // Debian keeps the programs of a version in a folder of its own, which need not be on the PATH.
    private static string FindPsql()
        => Directory.Exists("/usr/lib/postgresql")
            && Directory.EnumerateFiles("/usr/lib/postgresql", "psql", SearchOption.AllDirectories).Max(StringComparer.Ordinal) is { } found
            ? found
            : "psql";
}
