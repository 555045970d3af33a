using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.TestServers;
using Npgsql;

namespace Migration.Coordinator.Tests.Tracking;

/// <summary>A database with a ledger, filled by SQL where the classes that fill it would need a whole run.</summary>
internal sealed class TestLedger : IAsyncDisposable
{
    private readonly PostgresDatabase _database;

    private TestLedger(PostgresDatabase database) => _database = database;

    public NpgsqlDataSource Target => _database.DataSource;

    public string ConnectionString => _database.ConnectionString;

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<TestLedger> CreateAsync()
    {
        var database = await Postgres.CreateDatabaseAsync(Cancellation);
        await LedgerSchema.EnsureAsync(database.DataSource, Cancellation);
        return new TestLedger(database);
    }

    /// <summary>A running run of one collection, of which two slices of 100 are planned and nothing is done.</summary>
    public async Task<RunRecord> StartRunAsync(string name = "shop", bool live = false)
    {
        var run = await new RunLedger(Target).CreateAsync(
            name, StoredMigrationFile.ToStoredJson(File(live)), "hash", [("products", "public.products")], Cancellation);
        var slices = Enumerable.Range(0, 2).Select(i => new SlicePlan(i * 100, 100, new KeyRange(Position, Position, "number"))).ToList();
        await new PlanLedger(Target).AddSlicesAsync(run.Id, "products", slices, 200, 0.5, Cancellation);
        await new RunLedger(Target).StartAsync(run.Id, Cancellation);
        return (await new RunLedger(Target).FindAsync(run.Id, Cancellation))!;
    }

    /// <summary>Gives a slice its outcome: it took two seconds.</summary>
    public Task CompleteAsync(int slice, long written, long quarantined, int attempts = 1)
        => ExecuteAsync(
            $"""
            UPDATE migration.slice SET state = 'completed', read = {written + quarantined}, written = {written},
                quarantined = {quarantined}, attempts = {attempts}, claimed_at = timestamptz '2026-01-01 00:00:00Z',
                progressed_at = timestamptz '2026-01-01 00:00:02Z', finished_at = timestamptz '2026-01-01 00:00:02Z'
            WHERE number = {slice};
            INSERT INTO migration.quarantine (run_id, collection, slice, record_id, document, stage, column_name, sqlstate,
                                              message, fingerprint, file_hash)
            SELECT id, 'products', {slice}, n::text, '', 'map', 'price', '22003', 'numeric(18,2) cannot hold [it].', 'f', 'h'
            FROM migration.run, generate_series(1, {quarantined}) n
            """);

    /// <summary>More records are in quarantine than the limit allows.</summary>
    public async Task PauseAsync(RunRecord run, long limit)
    {
        var pauses = new PauseLedger(Target);
        await pauses.SetLimitAsync(run.Id, "products", new QuarantineLimit(limit, 0), Cancellation);
        Assert.True((await pauses.CheckAsync(run.Id, "products", Cancellation)).PausedNow);
    }

    public Task FailAsync(int slice)
        => ExecuteAsync(
            $"""
            UPDATE migration.slice SET state = 'failed', attempts = 5, claimed_at = clock_timestamp(),
                finished_at = clock_timestamp(), error = 'the disk [sda] is full' WHERE number = {slice}
            """);

    /// <summary>A live worker has the slice in hand.</summary>
    public Task TakeAsync(int slice, string worker)
        => ExecuteAsync(
            $"""
            INSERT INTO migration.worker (id, name) VALUES (gen_random_uuid(), '{worker}');
            UPDATE migration.slice SET state = 'running', attempts = 1, claimed_at = clock_timestamp(),
                worker_id = (SELECT id FROM migration.worker WHERE name = '{worker}') WHERE number = {slice}
            """);

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Target.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    private static RecordPosition Position => new(new byte[] { 5, 0, 0, 0, 0 });

    private static MigrationFile File(bool live) => new()
    {
        Name = "shop",
        Source = new SourceSettings { Uri = "/dump/shop", Live = live },
        Target = new TargetSettings { Uri = "postgres://migration:secret@localhost/shop" },
        Collections =
        [
            new CollectionMapping
            {
                Name = "products",
                Table = new TableName("public", "products"),
                PrimaryKey = ["id"],
                Columns = [new ColumnMapping("id", ["_id"], new ColumnType(ColumnKind.Int8), Required: true, Line: 1)],
            },
        ],
    };
}
