using System.Globalization;
using Migration.EndToEnd.Tests.Harness;
using Migration.EndToEnd.Tests.Oracles;
using Npgsql;

namespace Migration.EndToEnd.Tests;

/// <summary>More workers than the server has connections for. MIGRATION_E2E_WORKERS asks for more than a dozen.</summary>
public sealed class ConnectionsTests
{
    private const int MaxConnections = 20;
    private const int Reserved = 3;

    private static int Workers { get; } =
        Environment.GetEnvironmentVariable("MIGRATION_E2E_WORKERS") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : 12;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task More_workers_than_connections_wait_for_their_turn_and_nobody_is_refused()
    {
        var shop = await ShopSource.DumpAsync(new(12_000, bad: 30), Cancellation);
        await using var postgres = await PrivateServer.StartPostgresAsync(Cancellation, maxConnections: MaxConnections);
        await using var bed = await TestBed.CreateAsync(shop, new ShopFile { RecordsPerSecond = 800 }, Cancellation, postgres: postgres);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var watch = WatchAsync(postgres.Uri, stop.Token);
        var coordinator = bed.StartRun("--external", "--patience", "600");
        var workers = Enumerable.Range(0, Workers).Select(_ => bed.StartWorkerProgram("--run", bed.Run, "--patience", "600")).ToList();

        await bed.Ledger.ReachesAsync(shop.Records / 4, coordinator, Cancellation);
        var first = await WorkingAsync(bed);
        Assert.InRange(first.Count, 2, (MaxConnections - Reserved) / 2);

        // One leaves in order and one without a word: those who waited take their places.
        workers.Single(worker => worker.Id == first[0]).Terminate();
        await workers.Single(worker => worker.Id == first[1]).KillAsync();
        await Until.TrueAsync(
            "others took the place of those that left", async () => (await WorkingAsync(bed)).Except(first).Count() >= 2, Cancellation, TimeSpan.FromMinutes(2));

        await coordinator.EndsWithAsync(0, Cancellation, TimeSpan.FromMinutes(8));
        foreach (var worker in workers.Where(worker => worker.Id != first[1]))
            await worker.EndsWithAsync(0, Cancellation);
        await stop.CancelAsync();
        var (most, mostOfWorkers, mostShares) = await watch;
        var limit = await ScalarAsync(bed.Target, "SELECT max_connections FROM migration.run");
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Workers} workers, limit {limit}: at most {mostShares} given away, {mostOfWorkers} held by workers, {most} by all");
        Assert.InRange(mostShares, 4, limit);

        // Those without a share hold one connection each at most, while they ask for theirs or say goodbye; how many do so
        // at the same moment is chance, and what all may hold together is the next line.
        Assert.InRange(mostOfWorkers, 2, limit + Workers - first.Count);
        Assert.InRange(most, 4, MaxConnections - Reserved);
        Assert.Equal(0, postgres.CountInLog("too many clients"));
        Assert.Equal(0, await ScalarAsync(bed.Target, "SELECT count(*)::int FROM migration.slice WHERE state <> 'completed' OR attempts > 2"));
        await new Oracle(bed.Target, shop, bed.Run).CheckAsync(Cancellation);
    }

    /// <summary>A run in one process, with a limit that leaves room for a single slice.</summary>
    [Fact]
    public async Task The_least_share_is_enough_for_a_run_with_everything_that_may_go_wrong_in_a_slice()
    {
        var shop = await ShopSource.DumpAsync(new(2_000, bad: 40), Cancellation);
        await using var bed = await TestBed.CreateAsync(shop, new ShopFile { Slices = 4, BatchRecords = 50 }, Cancellation);
        await File.AppendAllTextAsync(bed.MigrationFile, "target: { maxConnections: 2 }\n", Cancellation);
        bed.Environment["MIGRATION_BROKER"] = null;

        var coordinator = bed.StartRun("--in-process");

        await coordinator.EndsWithAsync(0, Cancellation);
        await new Oracle(bed.Target, shop, bed.Run).CheckAsync(Cancellation);
    }

    /// <summary>Process ids of the workers that hold a share now.</summary>
    private static async Task<List<int>> WorkingAsync(TestBed bed)
    {
        await using var command = bed.Target.CreateCommand(
            "SELECT split_part(name, ':', 2)::int FROM migration.worker WHERE connections > 0 AND stopped_at IS NULL ORDER BY started_at");
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        var ids = new List<int>();
        while (await reader.ReadAsync(Cancellation))
            ids.Add(reader.GetInt32(0));
        return ids;
    }

    /// <summary>Looks many times a second, by a connection of its own each time: somebody else can still come in.</summary>
    private static async Task<(int All, int Workers, int Shares)> WatchAsync(Uri target, CancellationToken cancellation)
    {
        var (all, workers, shares) = (0, 0, 0);
        var address = new NpgsqlConnectionStringBuilder(TestServers.PostgresUri.ToConnectionString(target)) { Pooling = false };
        while (!cancellation.IsCancellationRequested)
        {
            await using var source = NpgsqlDataSource.Create(address);
            all = Math.Max(all, await ScalarAsync(source, "SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend'"));
            workers = Math.Max(workers, await ScalarAsync(
                source, "SELECT count(*)::int FROM pg_stat_activity WHERE application_name LIKE 'migration worker %'"));
            if (await ScalarAsync(source, "SELECT count(*)::int FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relname = 'worker' AND a.attname = 'connections'") > 0)
            {
                shares = Math.Max(shares, await ScalarAsync(
                    source,
                    "SELECT coalesce(sum(connections), 0)::int FROM migration.worker WHERE stopped_at IS NULL AND heartbeat_at > clock_timestamp() - interval '5 seconds'"));
            }

            await Task.Delay(100, CancellationToken.None);
        }

        return (all, workers, shares);
    }

    private static async Task<int> ScalarAsync(NpgsqlDataSource target, string sql)
    {
        await using var command = target.CreateCommand(sql);
        return (int)(await command.ExecuteScalarAsync(CancellationToken.None))!;
    }
}
