using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Coordinator.Publishing;
using Migration.Coordinator.Scaling;
using Migration.Worker.Commands;
using Spectre.Console;

namespace Migration.Coordinator.Runs;

/// <summary>The workers of a run, wherever they are: started, looked after, and let go at the end.</summary>
internal sealed class RunWorkers : IAsyncDisposable
{
    private readonly LocalWorkers? _local;
    private readonly Func<Task> _end;

    private RunWorkers(LocalWorkers? local, Func<Task> end) => (_local, _end) = (local, end);

    public static async Task<RunWorkers> StartAsync(
        WorkerPlace place, RunRequest request, RunRecord run, MigrationFile file, RunBus bus, string? broker,
        IAnsiConsole console, CancellationToken cancellationToken)
    {
        switch (place)
        {
            case WorkerPlace.InProcess:
                await bus.TakeSlicesAsync(run, cancellationToken);
                console.MarkupLineInterpolated($"{request.Workers} workers in this process");
                return new RunWorkers(null, () => bus.LetGoAsync(run, CancellationToken.None));
            case WorkerPlace.Local:
                var local = StartLocal(request, run, file, broker);
                console.MarkupLineInterpolated(
                    $"{request.Workers} workers started (process {string.Join(", ", local.ProcessIds)}; logs in {local.LogFolder})");
                return new RunWorkers(local, () => Task.CompletedTask);
            default:
                console.MarkupLineInterpolated(
                    $"Waiting for workers: start them with 'worker --run {run.Name}', MIGRATION_BROKER, MIGRATION_TARGET and MIGRATION_SOURCE set");
                return new RunWorkers(null, () => Task.CompletedTask);
        }
    }

    /// <summary>Replaces local workers that died.</summary>
    public void Supervise(long progress, long written, ILoggerFactory loggers)
        => _local?.ReplaceDead(
            progress, (pid, code) => loggers.CreateLogger<LocalWorkers>().WorkerDied(pid, code), written);

    public async ValueTask DisposeAsync()
    {
        await _end();
        if (_local is not null)
            await _local.DisposeAsync();
    }

    private static LocalWorkers StartLocal(RunRequest request, RunRecord run, MigrationFile file, string? broker)
    {
        var folder = request.LogFolder ?? Path.Combine(Path.GetTempPath(), "migration-logs", run.Name);
        return new LocalWorkers(
            request.Workers,
            new Dictionary<string, string?>
            {
                [Connections.SourceVariable] = file.Source.Uri,
                [Connections.TargetVariable] = file.Target.Uri,
                [Connections.BrokerVariable] = broker,
                ["MIGRATION_RUN"] = run.Name,
            },
            folder);
    }
}
