using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Coordinator.Planning;
using Migration.Coordinator.Publishing;
using Migration.Coordinator.Tracking;
using Migration.Worker;
using Migration.Worker.Hosting;
using Migration.Worker.Sources;
using Migration.Worker.Targets;
using Npgsql;
using Spectre.Console;

namespace Migration.Coordinator.Runs;

/// <summary>
/// A run from its file to its report. Every step can be repeated: whatever an earlier coordinator did stands in the
/// ledger and is not done again, so one that died anywhere is followed by one that goes on.
/// </summary>
internal sealed class RunDriver(RunRequest request, MigrationFile file, IAnsiConsole console)
{
    private readonly string _name = request.Name ?? file.Name;
    private readonly WorkerPlace _place = request.Place ?? (file.Broker is null ? WorkerPlace.InProcess : WorkerPlace.Local);

    /// <returns>Of <see cref="ExitCode"/>.</returns>
    public async Task<int> DriveAsync(CancellationToken cancellationToken)
    {
        var broker = await BrokerAsync(cancellationToken);
        var connection = ConnectionText.ToNpgsql(file.Target.Uri);
        await using var target = NpgsqlDataSource.Create(connection);
        if (!await HasStartedAsync(target, cancellationToken))
            await CheckAsync(target, cancellationToken);
        await LedgerSchema.EnsureAsync(target, cancellationToken);
        await using var runLock = await RunLock.AcquireAsync(
            connection, _name, WorkerIdentity.Create().Name, cancellationToken);
        var runs = new RunLedger(target);
        var run = await new RunOpener(runs, mayReplaceUnstarted: true).OpenAsync(_name, file, cancellationToken);
        if (run.State == RunState.Completed)
        {
            console.MarkupLineInterpolated($"Run [bold]{_name}[/] is complete; nothing is left to do.");
            return await ReportAsync(target, run, cancellationToken);
        }

        var plan = new PlanLedger(target);
        await new SlicePlanner(plan, run, file, request.Workers, console).PlanAsync(cancellationToken);
        await CreateTablesAsync(target, run, cancellationToken);
        await MigrateAsync(target, runs, plan, runLock, run, broker, cancellationToken);
        return await EndAsync(target, runs, run, broker, cancellationToken);
    }

    /// <summary>
    /// Such a run is first compared with the file that it was started with: a changed column is a change to refuse by its
    /// name, not a wrong table; and one that is complete needs no source any more.
    /// </summary>
    private async Task<bool> HasStartedAsync(NpgsqlDataSource target, CancellationToken cancellationToken)
    {
        if (!await LedgerSchema.ExistsAsync(target, cancellationToken))
            return false;
        await LedgerSchema.EnsureAsync(target, cancellationToken);
        return await new RunLedger(target).FindAsync(_name, cancellationToken) is { State: not RunState.Planning };
    }

    /// <summary>Whatever is wrong with source or target is said before anything is made, so that a second try finds a clean slate.</summary>
    private async Task CheckAsync(NpgsqlDataSource target, CancellationToken cancellationToken)
    {
        await using (var connection = await target.OpenConnectionAsync(cancellationToken))
            await TargetTables.RehearseAsync(connection, file.Collections, cancellationToken);
        foreach (var collection in file.Collections)
        {
            await using var source = await SourceOpener.OpenAsync(file.Source, collection, cancellationToken);
        }
    }

    /// <summary>The broker to use, or null when the workers are hosted here.</summary>
    private async Task<string?> BrokerAsync(CancellationToken cancellationToken)
    {
        if (_place == WorkerPlace.InProcess)
            return null;
        if (file.Broker is not { Uri: var broker })
        {
            throw new UserException(
                "Workers outside this process need a broker: add 'broker: { uri: amqp://... }' to the migration file, set "
                + "MIGRATION_BROKER, or run with --in-process.");
        }

        await BrokerProbe.CheckAsync(broker, cancellationToken);
        return broker;
    }

    private async Task CreateTablesAsync(NpgsqlDataSource target, RunRecord run, CancellationToken cancellationToken)
    {
        await using var connection = await target.OpenConnectionAsync(cancellationToken);
        var tables = await TargetTables.EnsureAllAsync(connection, file.Collections, cancellationToken);
        foreach (var table in tables.Where(table => run.State == RunState.Planning && table.AlreadyHadRows))
        {
            console.MarkupLineInterpolated(
                $"[yellow]warning[/] table {table.Table} already holds rows; records whose key is among them follow 'onConflict'.");
        }
    }

    private async Task MigrateAsync(
        NpgsqlDataSource target, RunLedger runs, PlanLedger plan, RunLock runLock, RunRecord run, string? broker,
        CancellationToken cancellationToken)
    {
        var queues = broker is null ? null : new RunQueues(broker, run, TimeProvider.System);
        var waiting = queues is null ? 0u : await queues.DeclareAsync(cancellationToken);
        await using var bus = broker is null
            ? await RunBus.StartInProcessAsync(InProcessOptions(), run, request.Debug, cancellationToken)
            : await RunBus.StartOnBrokerAsync(broker, run, request.Debug, cancellationToken);
        var publisher = new SlicePublisher(
            bus.Bus, plan, run, broker is not null, bus.Loggers.CreateLogger<SlicePublisher>());
        var lease = TimeSpan.FromSeconds(file.Worker.LeaseSeconds);
        var progress = new ProgressLedger(target);
        var reconciler = new Reconciler(
            progress, publisher, queues, run, lease, bus.Loggers.CreateLogger<Reconciler>());
        var tracker = new RunTracker(
            progress, runLock, reconciler, bus.News, run, TimeProvider.System, bus.Loggers.CreateLogger<RunTracker>());

        if (await plan.ReviveFailedAsync(run.Id, cancellationToken) is > 0 and var revived)
            console.MarkupLineInterpolated($"{revived} slices that had given up get another set of attempts.");
        await runs.StartAsync(run.Id, cancellationToken);
        await using var workers = await RunWorkers.StartAsync(_place, request, run, file, bus, broker, console, cancellationToken);

        await PublishAsync(publisher, waiting, bus.Loggers, cancellationToken);
        await using var view = new ProgressView(console, run, new WorkerLedger(target), lease);
        await tracker.FollowAsync(
            async (collections, token) =>
            {
                if (bus.Refusal is { } reason)
                    throw new UserException(Failure.Describe(reason).Code, Failure.Describe(reason).Message);
                // Each attempt that took a worker down brings its slice closer to being cut: that is progress, too.
                workers.Supervise(collections.Sum(c => c.Slices.Completed + c.Attempts), bus.Loggers);
                await view.ShowAsync(collections, token);
            },
            cancellationToken);
    }

    /// <summary>
    /// What an earlier coordinator published still waits in the queue; with an empty queue its messages are lost and sent
    /// again. Should the broker go away meanwhile, reconcile sends the rest.
    /// </summary>
    private static async Task PublishAsync(
        SlicePublisher publisher, uint waiting, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        try
        {
            await publisher.PublishPendingAsync(waiting > 0 ? TimeSpan.FromDays(1) : TimeSpan.Zero, cancellationToken);
        }
        catch (Exception e) when (BrokerFaults.IsTransient(e, cancellationToken))
        {
            loggers.CreateLogger<SlicePublisher>().ReconcileFailed(TransientRetry.FirstLine(e));
        }
    }

    private async Task<int> EndAsync(
        NpgsqlDataSource target, RunLedger runs, RunRecord run, string? broker, CancellationToken cancellationToken)
    {
        ProtocolPoint.Reached(ProtocolPoint.BeforeVerdict);
        var progress = new ProgressLedger(target);
        var verdict = RunVerdict.Of(
            await progress.ByCollectionAsync(run.Id, cancellationToken),
            await progress.CountQuarantineAsync(run.Id, cancellationToken), file.Source.Live,
            file.Source.Live ? null : await CountSourceAsync(cancellationToken));
        await (verdict.IsComplete
            ? runs.CompleteAsync(run.Id, cancellationToken)
            : runs.EndIncompleteAsync(run.Id, string.Join(' ', verdict.Reasons), cancellationToken));
        if (broker is not null)
            await RemoveQueuesAsync(broker, run, cancellationToken);
        return await ReportAsync(target, run, cancellationToken);
    }

    /// <summary>Queues that cannot be removed are in nobody's way, so they do not cost the report.</summary>
    private async Task RemoveQueuesAsync(string broker, RunRecord run, CancellationToken cancellationToken)
    {
        try
        {
            await new RunQueues(broker, run, TimeProvider.System).RemoveAsync(cancellationToken);
        }
        catch (Exception e) when (BrokerFaults.IsTransient(e, cancellationToken))
        {
            console.MarkupLineInterpolated(
                $"[yellow]warning[/] the run's queues could not be removed from RabbitMQ: {TransientRetry.FirstLine(e)}");
        }
    }

    /// <summary>Counted anew: what was added to a source that was said to stand still is in no slice, and must not go unnoticed.</summary>
    private async Task<Dictionary<string, long>> CountSourceAsync(CancellationToken cancellationToken)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var collection in file.Collections)
        {
            await using var source = await SourceOpener.OpenAsync(file.Source, collection, cancellationToken);
            counts[collection.Name] = await source.CountAsync(cancellationToken);
        }

        return counts;
    }

    private async Task<int> ReportAsync(NpgsqlDataSource target, RunRecord run, CancellationToken cancellationToken)
    {
        var report = await RunReport.BuildAsync(target, run.Name, cancellationToken);
        RunReportText.Write(console, report);
        return report.IsComplete ? ExitCode.Done : ExitCode.Incomplete;
    }

    private WorkerOptions InProcessOptions() => new()
    {
        Target = file.Target.Uri,
        Source = file.Source.Uri,
        Multiply = request.Workers,
    };
}
