using Migration.TestServers;
using Npgsql;
using RabbitMQ.Client;

namespace Migration.EndToEnd.Tests.Harness;

/// <summary>
/// One test's own database, run name, folder and processes. When disposed of, every process is gone, those that the
/// test's programs started as well: they are found by a variable in their environment.
/// </summary>
internal sealed class TestBed : IAsyncDisposable
{
    private static readonly string[] s_queues = ["slices", "slices_error", "slices_skipped", "events"];

    private const string Mark = "MIGRATION_E2E_BED";

    private readonly List<RunningProgram> _programs = [];
    private readonly string _mark = Guid.NewGuid().ToString("N");

    private readonly PostgresDatabase? _database;

    private TestBed(PostgresDatabase? database, Uri target, Uri broker, string folder)
    {
        _database = database;
        Target = database?.DataSource ?? NpgsqlDataSource.Create(PostgresUri.ToConnectionString(target));
        Folder = folder;
        Run = "e2e-" + _mark[..12];
        Environment = new Dictionary<string, string?>
        {
            ["MIGRATION_TARGET"] = target.AbsoluteUri,
            ["MIGRATION_BROKER"] = broker.AbsoluteUri,
            ["MIGRATION_CACHE"] = Path.Combine(folder, "cache"),
            ["MIGRATION_RUN"] = null,
            ["NO_COLOR"] = "1",
            [Mark] = _mark,
        };
    }

    /// <summary>The target, as the test itself sees it.</summary>
    public NpgsqlDataSource Target { get; }

    public string Folder { get; }

    public string Run { get; }

    public string MigrationFile => Path.Combine(Folder, "shop.yaml");

    public Dictionary<string, string?> Environment { get; }

    public LedgerView Ledger => new(Target, Run);

    /// <summary>The run's work queue; null as long as the ledger knows no such run.</summary>
    public async Task<string?> FindQueueAsync(CancellationToken cancellation)
        => await Ledger.QueuePrefixAsync(cancellation) is { } prefix ? prefix + "slices" : null;

    /// <param name="postgres">A server of the test's own; null for a new database on the shared one.</param>
    /// <param name="rabbitMq">A broker of the test's own; null for the shared one.</param>
    public static async Task<TestBed> CreateAsync(
        ShopSource? source, ShopFile? file, CancellationToken cancellation,
        PrivateServer? postgres = null, PrivateServer? rabbitMq = null)
    {
        var database = postgres is null ? await Postgres.CreateDatabaseAsync(cancellation) : null;
        return await PrepareAsync(
            database, database?.Uri ?? postgres!.Uri, rabbitMq?.Uri ?? RabbitMq.Uri, source?.Folder, file, cancellation);
    }

    /// <param name="target">A database that is there and empty; the caller removes it.</param>
    /// <param name="source">What MIGRATION_SOURCE shall say.</param>
    public static Task<TestBed> CreateAsync(
        Uri target, Uri broker, string source, ShopFile file, CancellationToken cancellation)
        => PrepareAsync(null, target, broker, source, file, cancellation);

    private static async Task<TestBed> PrepareAsync(
        PostgresDatabase? database, Uri target, Uri broker, string? source, ShopFile? file, CancellationToken cancellation)
    {
        var bed = new TestBed(database, target, broker, Directory.CreateTempSubdirectory("migration-e2e-").FullName);
        bed.Environment["MIGRATION_SOURCE"] = source;
        await File.WriteAllTextAsync(bed.MigrationFile, (file ?? new ShopFile()).Text(), cancellation);
        return bed;
    }

    /// <summary>The source's database, where it is not the example's.</summary>
    public Task SetDatabaseAsync(string database, CancellationToken cancellation)
        => EditAsync("database: shop", "database: " + database, cancellation);

    /// <summary>Changes the migration file.</summary>
    public async Task EditAsync(string from, string to, CancellationToken cancellation)
    {
        var text = await File.ReadAllTextAsync(MigrationFile, cancellation);
        Assert.Contains(from, text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(MigrationFile, text.Replace(from, to, StringComparison.Ordinal), cancellation);
    }

    /// <summary><c>coordinator run FILE --name RUN ...</c></summary>
    public RunningProgram StartRun(params string[] options) => StartCoordinator(["run", MigrationFile, "--name", Run, .. options]);

    public RunningProgram StartCoordinator(params string[] arguments)
        => Start(typeof(Migration.Coordinator.Commands.CoordinatorCommand).Assembly.Location, arguments);

    /// <summary><c>worker --run RUN</c></summary>
    public RunningProgram StartWorker() => StartWorkerProgram("--run", Run);

    public RunningProgram StartWorkerProgram(params string[] arguments)
        => Start(typeof(Migration.Worker.ExitCode).Assembly.Location, arguments);

    /// <summary><c>coordinator run</c> or <c>worker --run</c> with more in its environment.</summary>
    public RunningProgram Start(
        bool coordinator, IReadOnlyDictionary<string, string?> more, params string[] options)
    {
        var type = coordinator ? typeof(Migration.Coordinator.Commands.CoordinatorCommand) : typeof(Migration.Worker.ExitCode);
        string[] command = coordinator ? ["run", MigrationFile, "--name", Run] : ["--run", Run];
        return Start(type.Assembly.Location, [.. command, .. options], more);
    }

    /// <summary>Processes that this test's programs left behind.</summary>
    public IReadOnlyList<int> Survivors()
        => [.. Directory.EnumerateDirectories("/proc").Where(BearsMark).Select(path => int.Parse(Path.GetFileName(path), System.Globalization.CultureInfo.InvariantCulture))];

    /// <summary>A channel of the test's own to the broker.</summary>
    public async Task OnBrokerAsync(Func<IChannel, Task> action, CancellationToken cancellation)
    {
        var factory = new ConnectionFactory { Uri = new Uri(Environment["MIGRATION_BROKER"]!) };
        await using var connection = await factory.CreateConnectionAsync(cancellation);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellation);
        await action(channel);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var program in _programs)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(program.Tail(25));
            await program.DisposeAsync();
        }

        foreach (var survivor in Survivors())
            KillSurvivor(survivor);
        await RemoveQueuesAsync();
        await (_database?.DisposeAsync() ?? Target.DisposeAsync());
        Directory.Delete(Folder, recursive: true);
    }

    private RunningProgram Start(
        string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string?>? more = null)
    {
        var environment = new Dictionary<string, string?>(Environment);
        foreach (var (name, value) in more ?? Environment)
            environment[name] = value;
        var running = RunningProgram.Start(program, arguments, environment, Folder);
        _programs.Add(running);
        return running;
    }

    private bool BearsMark(string path)
    {
        try
        {
            return int.TryParse(Path.GetFileName(path), out _)
                && File.ReadAllText(Path.Combine(path, "environ")).Contains($"{Mark}={_mark}", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended meanwhile, or is another user's.
            return false;
        }
    }

    private static void KillSurvivor(int id)
    {
        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(id);
            process.Kill();
            process.WaitForExit();
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // It ended by itself.
        }
    }

    /// <summary>A run that did not end leaves its queues.</summary>
    private async Task RemoveQueuesAsync()
    {
        if (Environment["MIGRATION_BROKER"] != RabbitMq.Uri.AbsoluteUri
            || await Ledger.QueuePrefixAsync(CancellationToken.None) is not { } prefix)
        {
            return;
        }

        await OnBrokerAsync(
            async channel =>
            {
                foreach (var name in s_queues.Select(kind => prefix + kind))
                {
                    await channel.QueueDeleteAsync(name, cancellationToken: CancellationToken.None);
                    await channel.ExchangeDeleteAsync(name, cancellationToken: CancellationToken.None);
                }
            },
            CancellationToken.None);
    }
}
