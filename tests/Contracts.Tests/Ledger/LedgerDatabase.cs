using System.Buffers.Binary;
using Migration.Contracts.Ledger;
using Migration.TestServers;
using Npgsql;

namespace Migration.Contracts.Tests.Ledger;

/// <summary>A database of its own with an empty ledger, and short words for what most tests put into it.</summary>
internal sealed class LedgerDatabase : IAsyncDisposable
{
    public const string Collection = "products";
    public static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);
    private readonly PostgresDatabase _database;

    private LedgerDatabase(PostgresDatabase database) => _database = database;

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public NpgsqlDataSource Target => _database.DataSource;

    public string ConnectionString => _database.ConnectionString;

    public RunLedger Runs => new(Target);

    public PlanLedger Plans => new(Target);

    public ProgressLedger Progress => new(Target);

    public WorkerLedger Workers => new(Target);

    public static async Task<LedgerDatabase> CreateAsync()
    {
        var database = await Postgres.CreateDatabaseAsync(Cancellation);
        await LedgerSchema.EnsureAsync(database.DataSource, Cancellation);
        return new LedgerDatabase(database);
    }

    /// <summary>
    /// On a server that has been up for longer than the lease; before, nobody's silence means anything. Waits for that
    /// before there is a worker that could fall silent meanwhile.
    /// </summary>
    public static async Task<LedgerDatabase> CreateWhereSilenceCountsAsync()
    {
        var ledger = await CreateAsync();
        await using var upForALease = ledger.Target.CreateCommand("SELECT pg_sleep_until(pg_postmaster_start_time() + $1)");
        upForALease.Parameters.Add(new NpgsqlParameter { Value = Lease });
        upForALease.CommandTimeout = 0;
        await upForALease.ExecuteNonQueryAsync(Cancellation);
        return ledger;
    }

    public Task<RunRecord> CreateRunAsync(string name = "shop", params string[] collections)
        => Runs.CreateAsync(
            name, """{"version": 1}""", "hash",
            [.. (collections is [] ? [Collection] : collections).Select(collection => (collection, "public." + collection))],
            Cancellation);

    /// <summary>A run with one collection of as many slices as there are sizes; the records are 0, 1, 2, ...</summary>
    public async Task<Guid> PlanAsync(params int[] sizes)
    {
        var run = await CreateRunAsync();
        await Plans.AddSlicesAsync(run.Id, Collection, Slices(sizes), sizes.Sum(), 0.5, Cancellation);
        return run.Id;
    }

    /// <summary>A run with a single slice of ten records, which is returned.</summary>
    public async Task<SliceId> PlanSliceAsync() => new(await PlanAsync(10), Collection, 0);

    public static List<SlicePlan> Slices(params int[] sizes)
    {
        var slices = new List<SlicePlan>();
        long offset = 0;
        foreach (var size in sizes)
        {
            slices.Add(new SlicePlan(offset, size, new KeyRange(At(offset), At(offset + size - 1), "number")));
            offset += size;
        }

        return slices;
    }

    /// <summary>The BSON document <c>{_id: key}</c>.</summary>
    public static RecordPosition At(long key)
    {
        var bson = new byte[18];
        bson[0] = 18;
        bson[4] = 0x12;
        "_id"u8.CopyTo(bson.AsSpan(5));
        BinaryPrimitives.WriteInt64LittleEndian(bson.AsSpan(9), key);
        return new RecordPosition(bson);
    }

    public async Task<TestWorker> WorkerAsync(string name = "host:1")
    {
        var id = Guid.NewGuid();
        await Workers.RegisterAsync(id, name, Cancellation);
        return new TestWorker(id, name, this);
    }

    public Task<int> ExecuteAsync(string sql, params object?[] values) => Target.ExecuteAsync(sql, Cancellation, values);

    public Task<T> ScalarAsync<T>(string sql, params object?[] values) => Target.ScalarAsync<T>(sql, Cancellation, values);

    public async Task<SliceProgress> SliceAsync(SliceId id) => (await Progress.FindSliceAsync(id, Cancellation))!;

    public ValueTask DisposeAsync() => _database.DisposeAsync();
}
