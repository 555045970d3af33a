using MassTransit;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Worker.Consumers;
using Npgsql;

namespace Migration.Worker.Hosting;

/// <summary>The runs that this process takes slices of: each has a receive endpoint on its queue.</summary>
internal sealed class RunSubscriptions(
    IReceiveEndpointConnector connector, WorkerOptions options, WorkerIdentity worker, NpgsqlDataSource target,
    SlicesInHand inHand, DrainSignal drain, WorkRefusal refusal, TimeProvider time, ILoggerFactory loggers) : IAsyncDisposable
{
    private readonly Dictionary<Guid, (HostReceiveEndpointHandle Endpoint, RunContext Run)> _runs = [];
    private readonly ILogger _logger = loggers.CreateLogger<RunSubscriptions>();

    public IReadOnlyCollection<Guid> Runs => _runs.Keys;

    /// <summary>Starts taking slices of the run; returns when the queue is being consumed.</summary>
    public async Task ConnectAsync(RunRecord run, CancellationToken cancellationToken)
    {
        var file = options.Connect(run.File);
        var context = new RunContext(
            run, file, options.Broker is not null, target, worker, time, loggers.CreateLogger<SliceMigrator>(), inHand.Gate);
        var slices = file.Worker.Slices * options.Multiply;
        var endpoint = connector.ConnectReceiveEndpoint(
            RunTopology.Slices(run),
            (_, configurator) =>
            {
                RunTopology.ConfigureSliceQueue(configurator, run, slices);
                configurator.Consumer(() => new MigrateSliceConsumer(
                    context, worker, inHand, drain, refusal, time, loggers.CreateLogger<MigrateSliceConsumer>()));
            });
        _runs[run.Id] = (endpoint, context);
        await endpoint.Ready.WaitAsync(cancellationToken);
        _logger.TakesSlices(worker.Name, run.Name, slices);
    }

    /// <summary>Stops taking slices of the run and waits for those in hand.</summary>
    public async Task DisconnectAsync(Guid runId, CancellationToken cancellationToken)
    {
        if (!_runs.Remove(runId, out var subscription))
            return;
        await subscription.Endpoint.StopAsync(cancellationToken);
        await subscription.Run.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, run) in _runs.Values)
            await run.DisposeAsync();
        _runs.Clear();
    }
}
