using MassTransit;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Worker.Consumers;
using Migration.Worker.Probes;

namespace Migration.Worker.Hosting;

/// <summary>
/// The runs that this process takes slices of: each has a receive endpoint on its queue. None is taken without a share of
/// the connections to the target.
/// </summary>
internal sealed class RunSubscriptions(
    IReceiveEndpointConnector connector, WorkerOptions options, WorkerIdentity worker, TargetConnections connections,
    ProgramHealth health, SlicesInHand inHand, DrainSignal drain, WorkRefusal refusal, TimeProvider time, ILoggerFactory loggers)
    : IAsyncDisposable
{
    private const string Share = "connections";

    /// <summary>Whoever listens to a run's end may be stuck in listening.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <summary>For the queue of a run that is complete.</summary>
    internal static readonly TimeSpan Farewell = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    private readonly Dictionary<Guid, (HostReceiveEndpointHandle Endpoint, RunContext Run)> _runs = [];
    private readonly ILogger _logger = loggers.CreateLogger<RunSubscriptions>();
    private readonly Seldom _telling = new(TimeSpan.FromMinutes(5), time);

    public IReadOnlyCollection<Guid> Runs => _runs.Keys;

    /// <summary>Between two questions of one that got no share.</summary>
    public Backoff Pauses { get; } = new(FirstPause, LongestPause);

    /// <summary>False when none is left of the run's connections; nothing is held then.</summary>
    public async Task<bool> HasShareAsync(RunRecord run, CancellationToken cancellationToken)
    {
        if (connections.HasShare)
            return true;
        var file = StoredMigrationFile.FromStoredJson(run.File);
        var share = await connections.AskAsync(
            run, file.Worker.Slices * options.Multiply, TimeSpan.FromSeconds(file.Worker.LeaseSeconds), cancellationToken);
        if (connections.HasShare)
        {
            health.Have(Share);
            Pauses.Reset();
            _telling.Reset();
            return true;
        }

        Instruments.WaitedForConnection("share");
        if (share is { Limit: { } limit, Taken: var taken })
            Tell(run, limit, taken);
        return false;
    }

    /// <summary>For workers in a coordinator's process, whose run cannot go on without them.</summary>
    public async Task WaitForShareAsync(RunRecord run, CancellationToken cancellationToken)
    {
        while (!await HasShareAsync(run, cancellationToken))
            await Task.Delay(Pauses.Next(), time, cancellationToken);
    }

    /// <summary>Starts taking slices of the run, as many at a time as there are connections for; returns when the queue is being consumed.</summary>
    public async Task ConnectAsync(RunRecord run, CancellationToken cancellationToken)
    {
        var file = options.Connect(run.File);
        var context = new RunContext(
            run, file, options.Broker is not null, connections.Slices, worker, time, loggers.CreateLogger<SliceMigrator>(),
            inHand.Gate, connections.Single, options.Multiply);
        var slices = Math.Min(file.Worker.Slices * options.Multiply, connections.ForSlices);
        var endpoint = connector.ConnectReceiveEndpoint(
            RunTopology.Slices(run),
            (_, configurator) =>
            {
                RunTopology.ConfigureSliceQueue(configurator, run, slices);
                configurator.Consumer(() => new MigrateSliceConsumer(
                    context, worker, inHand, drain, refusal, time, loggers.CreateLogger<MigrateSliceConsumer>()));
                configurator.Consumer(() => new MigrateSlicesConsumer(
                    context, worker, inHand, drain, refusal, time, loggers.CreateLogger<MigrateSlicesConsumer>()));
            });
        _runs[run.Id] = (endpoint, context);
        await endpoint.Ready.WaitAsync(cancellationToken);
        _logger.TakesSlices(worker.Name, run.Name, slices);
    }

    /// <summary>True when a replay has mended the run's migration file since its slices are taken here.</summary>
    public bool HasOtherFile(RunRecord run)
        => _runs.TryGetValue(run.Id, out var subscription) && subscription.Run.Run.FileHash != run.FileHash;

    /// <summary>Stops taking slices of the run and begins anew, with the run as it is now.</summary>
    public async Task RenewAsync(RunRecord run, CancellationToken cancellationToken)
    {
        await DisconnectAsync(run.Id, cancellationToken);
        await ConnectAsync(run, cancellationToken);
    }

    /// <summary>Stops taking slices of a run of which every slice has its outcome, and gives up what is in hand of it; not for ever.</summary>
    public async Task LeaveCompletedAsync(Guid runId, CancellationToken cancellationToken)
    {
        if (!_runs.Remove(runId, out var subscription))
            return;
        await Task.WhenAny(subscription.Run.CompleteAsync(), Task.Delay(Grace, time, cancellationToken));

        // With a broker that went away half open, it may wait for an answer that never comes, and nothing hangs on it any more.
        var stopping = subscription.Endpoint.StopAsync(cancellationToken);
        if (await Task.WhenAny(stopping, Task.Delay(Farewell, time, cancellationToken)) != stopping)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _logger.QueueLeftBehind(subscription.Run.Run.Name, Farewell.TotalSeconds);
            return;
        }

        await stopping;
        await subscription.Run.DisposeAsync();
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

    private void Tell(RunRecord run, int limit, int taken)
    {
        health.Wait(Share, $"the workers of run {run.Name} may hold {limit} connections to PostgreSQL together, and {taken} are taken; it waits for one that leaves");
        if (_telling.IsDue())
            _logger.WaitsForConnections(worker.Name, limit, run.Name, taken);
    }
}
