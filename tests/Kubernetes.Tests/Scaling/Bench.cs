using k8s.Models;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Coordinator.Scaling;
using Migration.Coordinator.Scaling.Kubernetes;
using Migration.KubernetesStandIn;
using Migration.KubernetesStandIn.Api;
using Migration.TestServers;
using Npgsql;
using Spectre.Console;
using StandIn = Migration.KubernetesStandIn.Cluster;

namespace Migration.Kubernetes.Tests.Scaling;

/// <summary>A run that is scaled on a cluster in simulated time, with a ledger in a real database.</summary>
internal sealed class Bench : IAsyncDisposable
{
    public const string Namespace = "rec";
    public const string JobName = "shop-worker";

    private static readonly TimeSpan LongEnough = TimeSpan.FromHours(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("migration-scaling-").FullName;
    private readonly PostgresDatabase _database;
    private readonly ILoggerFactory _loggers;
    private IRunWorkers? _workers;

    private Bench(StandIn cluster, PostgresDatabase database, RunRecord run)
    {
        (Cluster, _database, Run) = (cluster, database, run);
        _loggers = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Debug).AddProvider(Log));

        // The client takes no kubeconfig without credentials.
        cluster.Access.AddUser("admin", "kubernetes-admin", AccessRule.Everything);
        WriteKubeconfig("admin");
    }

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public StandIn Cluster { get; }

    public RunRecord Run { get; }

    public ListedLog Log { get; } = new();

    public ScalingLedger Ledger => new(_database.DataSource);

    public NpgsqlDataSource Target => _database.DataSource;

    /// <summary>How far the run is; to be moved by the test.</summary>
    public RunPulse Pulse { get; set; }

    public string TemplatePath => Path.Combine(_folder, "worker-job.yaml");

    private string Kubeconfig => Path.Combine(_folder, "kubeconfig");

    /// <param name="room">How many workers there is room for, on nodes of four.</param>
    public static async Task<Bench> CreateAsync(int workers, int room, Func<string, string>? template = null, ClusterOptions? options = null)
    {
        var cluster = await StandIn.StartAsync(options);
        cluster.AddNamespace(Namespace);
        cluster.AddNodes(room / 4, cpu: "2", prefix: "first");
        var database = await Postgres.CreateDatabaseAsync(Cancellation);
        await LedgerSchema.EnsureAsync(database.DataSource, Cancellation);
        var runs = new RunLedger(database.DataSource);
        var run = await runs.CreateAsync("shop", "{}", "hash", [("products", "public.products")], Cancellation);
        await runs.StartAsync(run.Id, Cancellation);
        var bench = new Bench(cluster, database, (await runs.FindAsync(run.Id, Cancellation))!);
        bench.WriteTemplate(workers, template);
        return bench;
    }

    public void WriteTemplate(int workers, Func<string, string>? change = null) => File.WriteAllText(TemplatePath, Template(workers, change));

    public static string Template(int workers, Func<string, string>? change = null)
    {
        var text =
            $$"""
            apiVersion: batch/v1
            kind: Job
            metadata:
              name: {{JobName}}
              namespace: {{Namespace}}
              annotations: {}
            spec:
              parallelism: {{workers}}
              template:
                spec:
                  terminationGracePeriodSeconds: 30
                  containers:
                    - name: worker
                      image: localhost/migration:1
                      resources: { requests: { cpu: 500m, memory: 64Mi } }
            """;
        return change is null ? text : change(text);
    }

    public KubernetesPlace Place(int? workers = null, string? @namespace = null, (string, string)? pod = null) => new(
        new KubernetesRequest(TemplatePath, @namespace, null, Kubeconfig, workers) { Pod = pod }, WorkerJobTemplate.Load(TemplatePath),
        _loggers, AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(TextWriter.Null) }), Cluster.Clock);

    /// <summary>A coordinator takes the run up.</summary>
    public async Task StartAsync(int? workers = null, (string, string)? pod = null)
        => _workers = await Place(workers, pod: pod).StartAsync(Run, _database.DataSource, Cancellation);

    /// <summary>The coordinator is gone, as if killed: nothing is told to the cluster.</summary>
    public async Task StopAsync()
    {
        if (_workers is not null)
            await _workers.DisposeAsync();
        _workers = null;
    }

    public void WriteKubeconfig(string token) => Cluster.WriteKubeconfig(Kubeconfig, token: token);

    public V1Job? Job => Cluster.Job(Namespace, JobName);

    public int Asked => Job?.Spec.Parallelism ?? 0;

    public int Ready => Job?.Status?.Ready ?? 0;

    public int Patches => Cluster.Requests.Count("patch", "jobs");

    public int Creations => Cluster.Requests.Count("create", "jobs");

    public async Task<string?> NoteAsync() => (await Ledger.FindAsync(Run.Id, Cancellation))!.Note;

    /// <summary>Lets time pass until it holds; what ends the scaler ends the wait.</summary>
    public async Task UntilAsync(string what, Func<bool> holds, Action? always = null, TimeSpan? step = null)
    {
        var end = Cluster.Clock.GetUtcNow() + LongEnough;
        while (!holds())
        {
            Assert.True(Cluster.Clock.GetUtcNow() < end, $"Still not: {what}. Asked {Asked}, ready {Ready}.\n{Log}");
            await StepAsync(step ?? TimeSpan.FromSeconds(1));
            always?.Invoke();
        }
    }

    public Task AllReadyAsync(int workers, Action? always = null)
        => UntilAsync($"{workers} workers are ready", () => Asked == workers && Ready == workers, always);

    public async Task NoteSaysAsync(string text)
    {
        var end = Cluster.Clock.GetUtcNow() + LongEnough;
        while (await NoteAsync() is not { } note || !note.Contains(text, StringComparison.Ordinal))
        {
            Assert.True(Cluster.Clock.GetUtcNow() < end, $"The note is still '{await NoteAsync()}' and not '{text}'.\n{Log}");
            await StepAsync(TimeSpan.FromSeconds(1));
        }
    }

    public async Task NoteIsGoneAsync()
    {
        var end = Cluster.Clock.GetUtcNow() + LongEnough;
        while (await NoteAsync() is { } note)
        {
            Assert.True(Cluster.Clock.GetUtcNow() < end, $"The note is still '{note}'.\n{Log}");
            await StepAsync(TimeSpan.FromSeconds(1));
        }
    }

    /// <summary>Nothing is waited for: whatever would come in that time has come.</summary>
    public async Task PassAsync(TimeSpan span)
    {
        var end = Cluster.Clock.GetUtcNow() + span;
        while (Cluster.Clock.GetUtcNow() < end)
            await StepAsync(TimeSpan.FromSeconds(2));
    }

    /// <summary>Lets time pass until the scaler ends the run.</summary>
    public async Task<Migration.Worker.UserException> EndsAsync(Action? always = null)
        => await Assert.ThrowsAsync<Migration.Worker.UserException>(() => UntilAsync("the scaler ends the run", () => false, always));

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Cluster.DisposeAsync();
        await _database.DisposeAsync();
        _loggers.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StepAsync(TimeSpan span)
    {
        await Cluster.AdvanceAsync(span);

        // Real time in which the scaler, its requests and the ledger can act.
        await Task.Delay(TimeSpan.FromMilliseconds(8), Cancellation);
        if (_workers is not null)
            await _workers.SuperviseAsync(Pulse, Cancellation);
    }
}
