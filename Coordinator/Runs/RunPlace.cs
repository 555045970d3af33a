using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Coordinator.Publishing;
using Migration.Coordinator.Scaling;
using Migration.Coordinator.Scaling.External;
using Migration.Coordinator.Scaling.InProcess;
using Migration.Coordinator.Scaling.Kubernetes;
using Migration.Coordinator.Scaling.Local;
using Migration.Worker.Commands;
using Migration.Worker.Hosting;
using Npgsql;
using Spectre.Console;

namespace Migration.Coordinator.Runs;

/// <summary>Where a run's workers are, as the user asked for it: has them started there.</summary>
internal sealed class RunPlace : IDisposable
{
    private readonly RunRequest _request;
    private readonly MigrationFile _file;
    private readonly IAnsiConsole _console;
    private readonly ILoggerFactory _loggers;
    private readonly KubernetesPlace? _cluster;

    public RunPlace(RunRequest request, MigrationFile file, IAnsiConsole console)
    {
        (_request, _file, _console) = (request, file, console);
        Kind = request.Place ?? (file.Broker is null ? WorkerPlace.InProcess : WorkerPlace.Local);
        _loggers = LoggerFactory.Create(logging => logging.AddWorkerConsole(request.Debug));
        if (request is { Kubernetes: { } kubernetes, Template: { } template })
            _cluster = new KubernetesPlace(kubernetes, template, _loggers, console, TimeProvider.System);
    }

    public WorkerPlace Kind { get; }

    /// <summary>What would keep workers from being started there, found out before anything is made.</summary>
    /// <param name="run">Null for one that is not in the ledger yet.</param>
    public Task CheckAsync(RunRecord? run, string runName, CancellationToken cancellationToken)
        => _cluster?.CheckAsync(run, runName, cancellationToken) ?? Task.CompletedTask;

    /// <param name="broker">Null in process.</param>
    public async Task<IRunWorkers> StartAsync(
        RunRecord run, NpgsqlDataSource target, RunBus bus, string? broker, CancellationToken cancellationToken)
    {
        if (_cluster is not null)
            return await _cluster.StartAsync(run, target, cancellationToken);
        if (Kind == WorkerPlace.Local)
            return await StartLocalAsync(run, target, bus, broker, cancellationToken);
        await new ScalingLedger(target).ConfigureAsync(run.Id, Kind, null, cancellationToken);
        if (Kind == WorkerPlace.InProcess)
        {
            await bus.TakeSlicesAsync(run, cancellationToken);
            _console.MarkupLineInterpolated($"{_request.Workers} workers in this process");
            return new InProcessWorkers(bus, run);
        }

        _console.MarkupLineInterpolated(
            $"Waiting for workers: start them with 'worker --run {run.Name}', MIGRATION_BROKER, MIGRATION_TARGET and MIGRATION_SOURCE set");
        return new ExternalWorkers();
    }

    /// <summary>The verdict stands in the ledger: workers that do not see it by themselves are let go.</summary>
    public Task LetGoAsync(RunRecord run, CancellationToken cancellationToken)
        => _cluster?.LetGoAsync(run, cancellationToken) ?? Task.CompletedTask;

    public void Dispose() => _loggers.Dispose();

    private async Task<LocalRunWorkers> StartLocalAsync(
        RunRecord run, NpgsqlDataSource target, RunBus bus, string? broker, CancellationToken cancellationToken)
    {
        var wanted = new WantedWorkers(new ScalingLedger(target), run.Id, Kind);
        await wanted.ReadAsync(_request.Workers, cancellationToken);
        var connections = new Dictionary<string, string?>
        {
            [Connections.SourceVariable] = _file.Source.Uri,
            [Connections.TargetVariable] = _file.Target.Uri,
            [Connections.BrokerVariable] = broker,
            ["MIGRATION_RUN"] = run.Name,

            // One port is not for many, and who ends without a server is started again.
            [PodOptions.HttpPortVariable] = null,
            [PodOptions.PatienceVariable] = "1",
        };
        var workers = new LocalWorkers(
            wanted.Count, connections, _request.LogFolder ?? Path.Combine(Path.GetTempPath(), "migration-logs", run.Name));
        _console.MarkupLineInterpolated(
            $"{wanted.Count} workers started (process {string.Join(", ", workers.ProcessIds)}; logs in {workers.LogFolder})");
        return new LocalRunWorkers(workers, wanted, _request.Workers, bus.Loggers.CreateLogger<LocalWorkers>());
    }
}
