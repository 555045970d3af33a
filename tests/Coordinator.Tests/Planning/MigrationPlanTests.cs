using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Coordinator.Commands;
using Migration.Coordinator.Planning;
using Migration.TestServers;
using Migration.Worker;

namespace Migration.Coordinator.Tests.Planning;

public sealed class MigrationPlanTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("migration-plan-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_plan_measures_warns_and_creates_nothing()
    {
        await using var database = await Postgres.CreateDatabaseAsync(Cancellation);

        var plan = await MakeAsync(database.Uri, workers: 3, hours: 2);

        Assert.Equal(ExitCode.Done, plan.ExitCode);
        var products = Assert.Single(plan.Collections);
        Assert.Equal(100, products.SampledRecords);
        Assert.InRange(products.Records, 50, 200);
        Assert.True(products.SecondsPerRecord > 0);
        Assert.Contains(products.Warnings, warning => warning.Contains("'colour'", StringComparison.Ordinal));
        Assert.Equal(1, plan.WorkersForHours);
        Assert.Equal([new TargetTablePlan("public.products", false, false)], plan.TargetState!.Tables);
        Assert.False(await LedgerSchema.ExistsAsync(database.DataSource, Cancellation));
        Assert.Equal(0L, await ScalarAsync(database, "SELECT count(*) FROM pg_class WHERE relname = 'products'"));
    }

    [Fact]
    public async Task A_table_with_other_columns_is_in_the_way()
    {
        await using var database = await Postgres.CreateDatabaseAsync(Cancellation);
        await ScalarAsync(database, "CREATE TABLE products (id int8 PRIMARY KEY, name int); SELECT 0::int8");

        var plan = await MakeAsync(database.Uri);

        Assert.Equal(ExitCode.Configuration, plan.ExitCode);
        Assert.Contains(plan.Problems, problem => problem.Contains("column 'name' is integer", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_target_that_forgets_commits_is_in_the_way()
    {
        await using var database = await Postgres.CreateDatabaseAsync(Cancellation);
        var name = new Npgsql.NpgsqlConnectionStringBuilder(database.ConnectionString).Database;
        // By a session to another database: those that are open there keep what they have.
        await using (var elsewhere = Npgsql.NpgsqlDataSource.Create(Postgres.ConnectionString))
        await using (var forget = elsewhere.CreateCommand($"ALTER DATABASE \"{name}\" SET synchronous_commit = off"))
            await forget.ExecuteNonQueryAsync(Cancellation);

        var plan = await MakeAsync(database.Uri);

        Assert.Equal(ExitCode.Configuration, plan.ExitCode);
        Assert.Contains("SET synchronous_commit = on", Assert.Single(plan.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Merging_without_the_right_to_make_temporary_tables_is_in_the_way()
    {
        await using var database = await Postgres.CreateDatabaseAsync(Cancellation);
        var role = $"role_{Guid.NewGuid():N}";
        await ScalarAsync(database, $"CREATE ROLE {role} LOGIN PASSWORD 'tellnobody'; SELECT 0::int8");
        try
        {
            var name = new Npgsql.NpgsqlConnectionStringBuilder(database.ConnectionString).Database;
            await ScalarAsync(database, $"REVOKE TEMPORARY ON DATABASE \"{name}\" FROM PUBLIC; SELECT 0::int8");
            var lesser = new UriBuilder(database.Uri) { UserName = role, Password = "tellnobody" }.Uri;

            Assert.DoesNotContain((await MakeAsync(lesser)).Problems, problem => problem.Contains("GRANT TEMPORARY", StringComparison.Ordinal));
            Assert.Contains((await MakeAsync(lesser, onConflict: "skip")).Problems, problem => problem.Contains("GRANT TEMPORARY", StringComparison.Ordinal));
        }
        finally
        {
            await ScalarAsync(database, $"DROP ROLE {role}; SELECT 0::int8");
        }
    }

    [Fact]
    public async Task A_target_that_is_away_is_said_beside_what_the_source_tells_and_no_password_with_it()
    {
        var plan = await MakeAsync(new Uri("postgres://me:tellnobody@127.0.0.1:1/shop"));

        Assert.Equal(ExitCode.Unreachable, plan.ExitCode);
        Assert.Single(plan.Collections);
        Assert.Null(plan.TargetState);
        var terminal = new TestTerminal(100, 40);
        MigrationPlanText.Write(terminal.Console, plan);
        Assert.Contains("PostgreSQL cannot be reached", terminal.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("tellnobody", terminal.Text + JsonOutput.Format(plan), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_cap_on_reading_bounds_the_time()
    {
        await using var database = await Postgres.CreateDatabaseAsync(Cancellation);

        var plan = await MakeAsync(database.Uri, workers: 2, hours: 0.001m, cap: 1);

        Assert.Equal(plan.Records / 2.0, plan.SecondsWithWorkers, 6);
        Assert.Equal((long)Math.Ceiling(plan.Records / 3.6), plan.WorkersForHours);
    }

    [Theory]
    [InlineData("30", true)]
    [InlineData("200", false)]
    [InlineData("40%", true)]
    [InlineData("60%", false)]
    public async Task A_share_that_would_pause_the_collection_is_warned_of(string limit, bool warns)
    {
        await using var database = await Postgres.CreateDatabaseAsync(Cancellation);

        var plan = await MakeAsync(database.Uri, limit: limit);

        var products = Assert.Single(plan.Collections);
        Assert.Equal(50, products.RejectedRecords);
        Assert.Equal(warns, products.Warnings.Any(warning => warning.Contains("the collection would pause", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task More_workers_than_connections_are_no_problem_and_the_plan_says_what_the_others_do()
    {
        await using var database = await Postgres.CreateDatabaseAsync(Cancellation);

        var plan = await MakeAsync(database.Uri, workers: 300, connections: 11);

        Assert.Equal(ExitCode.Done, plan.ExitCode);
        Assert.Equal((2, 5, 16L), (plan.ConnectionsPerWorker, plan.WorkersAtATime, plan.Connections));
        var terminal = new TestTerminal(1000, 40);
        MigrationPlanText.Write(terminal.Console, plan);
        Assert.Contains("Its workers may hold 11 together.", terminal.Text, StringComparison.Ordinal);
        Assert.Contains("5 workers of 300 can work at a time, with 2 connections each; the other 295 wait", terminal.Text, StringComparison.Ordinal);
        Assert.Contains("each worker then has 1 slice in hand at a time, and not 2.", terminal.Text, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Task<MigrationPlan> MakeAsync(Uri target, int workers = 1, decimal? hours = null, int? cap = null, string? limit = null, int? connections = null, string onConflict = "fail")
    {
        var dump = Path.Combine(_folder, "products.ndjson");
        File.WriteAllLines(dump, Enumerable.Range(1, 100).Select(i => $$"""{"_id": {"$numberLong": "{{i}}"}, "name": "n{{(i % 2 == 0 ? "" : i)}}"}"""));
        var file = MigrationFileLoader.LoadText(
            $$"""
            name: shop
            source:
              uri: {{dump}}
              {{(cap is null ? "" : $"maxRecordsPerSecond: {cap}")}}
            target: { uri: "{{target}}"{{(connections is null ? "" : $", maxConnections: {connections}")}} }
            {{(limit is null ? "" : $"limits: {{ maxQuarantined: {limit} }}")}}
            collections:
              - name: products
                primaryKey: id
                onConflict: {{onConflict}}
                columns:
                  id: { path: _id, type: int8 }
                  name: text
                  colour: text
                {{(limit is null ? "" : "  odd: { path: name, type: varchar(1) }")}}
            """,
            Path.Combine(_folder, "shop.yaml"), _ => null);
        return MigrationPlan.MakeAsync(file, workers, hours, Cancellation);
    }

    private static async Task<long> ScalarAsync(PostgresDatabase database, string sql)
    {
        await using var command = database.DataSource.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }
}
