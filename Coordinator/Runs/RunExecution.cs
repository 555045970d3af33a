using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Coordinator.Building;
using Migration.Coordinator.Commands;
using Migration.Coordinator.Observing;
using Migration.Coordinator.Publishing;
using Migration.Coordinator.Replay;
using Migration.Coordinator.Scaling;
using Migration.Coordinator.Tracking;
using Migration.Worker;
using Migration.Worker.Hosting;
using Migration.Worker.Sources;
using Npgsql;
using Spectre.Console;

namespace Migration.Coordinator.Runs;

/// <summary>
/// Has a planned run's slices worked on and judges what came of it; the same for a run that goes on and for a replay.
/// </summary>
internal sealed class RunExecution(
    RunRequest request, MigrationFile file, IAnsiConsole console, RunObservation observation) : IDisposable
{
    private readonly RunPlace _place = new(request, file, console);
    private bool _hadWorkers;
    private bool _hasBuilt;

    /// <summary>Null when the workers are hosted here.</summary>
    /// <exception cref="UserException">A broker is needed and none is given.</exception>
    private string? Broker => _place.Kind == WorkerPlace.InProcess ? null : file.Broker?.Uri
        ?? throw new UserException(
            "Workers outside this process need a broker: add 'broker: { uri: amqp://... }' to the migration file, set "
            + "MIGRATION_BROKER, or run with --in-process.");

    /// <summary>One clear message now instead of a bus that tries for ever.</summary>
    public async Task CheckBrokerAsync(CancellationToken cancellationToken)
    {
        if (Broker is { } broker)
            await observation.Patience.WaitForBrokerAsync(broker, cancellationToken);
    }

    /// <summary>As well: what a cluster would refuse in the middle is refused before anything is made.</summary>
    /// <param name="run">Null for one that is not in the ledger yet.</param>
    public Task CheckPlaceAsync(RunRecord? run, string runName, CancellationToken cancellationToken)
        => _place.CheckAsync(run, runName, cancellationToken);

    /// <summary>The run's error queue; null without a broker.</summary>
    public DeadLetters? DeadLetters(RunRecord run, NpgsqlDataSource target)
        => Broker is { } broker ? new DeadLetters(broker, run, target) : null;

    /// <summary>
    /// Starts bus and workers, lets <paramref name="putToWork"/> publish what waits, follows the run until every slice has
    /// its outcome, and has built what is to be built after the load: the workers' connections are free again for the last of it.
    /// </summary>
    public async Task MigrateAsync(
        NpgsqlDataSource target, RunLock runLock, RunRecord run, Func<RunPublishing, CancellationToken, Task> putToWork,
        CancellationToken cancellationToken)
    {
        await using var builds = await OpenBuildsAsync(target, run, cancellationToken);
        await LoadAsync(target, runLock, run, builds, putToWork, cancellationToken);
        await builds.CompleteAsync(runLock, cancellationToken);
        _hasBuilt = true;
    }

    /// <summary>Builds after a load that is over already; nothing where <see cref="MigrateAsync"/> has done it.</summary>
    public async Task BuildAsync(NpgsqlDataSource target, RunLock runLock, RunRecord run, CancellationToken cancellationToken)
    {
        if (_hasBuilt)
            return;
        await using var builds = await OpenBuildsAsync(target, run, cancellationToken);
        builds.Note(await new ProgressLedger(target).ByCollectionAsync(run.Id, cancellationToken));
        await builds.CompleteAsync(runLock, cancellationToken);
        _hasBuilt = true;
    }

    private async Task LoadAsync(
        NpgsqlDataSource target, RunLock runLock, RunRecord run, RunBuilds builds, Func<RunPublishing, CancellationToken, Task> putToWork,
        CancellationToken cancellationToken)
    {
        var broker = Broker;
        var queues = broker is null ? null : new RunQueues(broker, run, TimeProvider.System);
        var waiting = queues is null ? 0u : await queues.DeclareAsync(cancellationToken);
        await using var bus = broker is null
            ? await RunBus.StartInProcessAsync(InProcessOptions(), run, request.Debug, observation.Health, cancellationToken)
            : await RunBus.StartOnBrokerAsync(broker, run, request.Debug, cancellationToken);
        using var scope = bus.Loggers.CreateLogger<RunExecution>().RunScope(run.Name);
        observation.Health.Watch("broker", () => bus.Sickness);
        var publisher = new SlicePublisher(
            bus.Bus, new PlanLedger(target), run, broker is not null, TimeProvider.System, bus.Loggers.CreateLogger<SlicePublisher>());
        var lease = TimeSpan.FromSeconds(file.Worker.LeaseSeconds);
        var progress = new ProgressLedger(target);
        var reconciler = new Reconciler(
            progress, publisher, queues, run, lease, observation.Figures, bus.Loggers.CreateLogger<Reconciler>());
        var tracker = new RunTracker(
            progress, runLock, reconciler, bus.News, run, observation.Health, TimeProvider.System, bus.Loggers.CreateLogger<RunTracker>());

        await new ConnectionLimit(target, run, file, console).SetAsync(cancellationToken);
        await new RunLedger(target).StartAsync(run.Id, cancellationToken);
        await FollowStateAsync(target, run, cancellationToken);
        await using var workers = await _place.StartAsync(run, target, bus, broker, cancellationToken);
        _hadWorkers = true;

        await putToWork(new RunPublishing(publisher, new SliceParcels(file, request.Workers), queues, waiting, bus.Loggers), cancellationToken);
        var pauses = new PauseNews(progress, run.Id, JsonLineWriter.Errors(run.Name));
        await using var view = new ProgressView(console, run, new WorkerLedger(target), lease);
        await tracker.FollowAsync(
            async (collections, token) =>
            {
                if (bus.Refusal is { } reason)
                    throw new UserException(Failure.Describe(reason).Code, Failure.Describe(reason).Message);
                // Each attempt that took a worker down brings its slice closer to being cut: that is progress, too.
                await workers.SuperviseAsync(
                    new RunPulse(collections.Sum(c => c.Slices.Completed + c.Attempts), collections.Sum(c => c.Counts.Written)), token);
                builds.Note(collections);
                await observation.Figures.NoteAsync(collections, new WorkerLedger(target), lease, token);
                await view.ShowAsync(collections, token);
                await pauses.TellAsync(collections, token);
            },
            cancellationToken);
        observation.Health.Watch("broker", () => null);
    }

    private Task<RunBuilds> OpenBuildsAsync(NpgsqlDataSource target, RunRecord run, CancellationToken cancellationToken)
        => RunBuilds.OpenAsync(target, run, file, console, observation.Loggers, TimeProvider.System, cancellationToken);

    private async Task FollowStateAsync(NpgsqlDataSource target, RunRecord run, CancellationToken cancellationToken)
        => observation.Figures.Follow(await new RunLedger(target).FindAsync(run.Id, cancellationToken) ?? run);

    /// <summary>Judges the run, writes the verdict into the ledger and prints the report.</summary>
    /// <returns>Of <see cref="ExitCode"/>.</returns>
    public async Task<int> EndAsync(
        NpgsqlDataSource target, RunRecord run, CancellationToken cancellationToken)
    {
        ProtocolPoint.Reached(ProtocolPoint.BeforeVerdict);
        var progress = new ProgressLedger(target);
        var verdict = RunVerdict.Of(
            await progress.ByCollectionAsync(run.Id, cancellationToken),
            await progress.CountQuarantineAsync(run.Id, cancellationToken), file.Source.Live,
            file.Source.Live ? null : await CountSourceAsync(cancellationToken),
            await new BuildLedger(target).ListAsync(run.Id, cancellationToken));
        var runs = new RunLedger(target);
        await (verdict.IsComplete
            ? runs.CompleteAsync(run.Id, cancellationToken)
            : runs.EndIncompleteAsync(run.Id, string.Join(' ', verdict.Reasons), cancellationToken));
        await FollowStateAsync(target, run, cancellationToken);
        if (_hadWorkers)
            await LetWorkersGoAsync(run, cancellationToken);
        if (Broker is { } broker)
            await RemoveQueuesAsync(target, broker, run, cancellationToken);
        return await ReportAsync(target, run, cancellationToken);
    }

    /// <summary>
    /// Judges a run that had ended by what was built since, without its source, which may be gone. One that is incomplete
    /// for other reasons stays so: to judge those takes the whole of it.
    /// </summary>
    /// <param name="before">What the ledger said of the builds before.</param>
    public async Task JudgeBuildsAsync(
        NpgsqlDataSource target, RunRecord run, IReadOnlyList<BuildRecord> before, CancellationToken cancellationToken)
    {
        if (run.State == RunState.Incomplete && run.Reason != string.Join(' ', RunVerdict.OfBuilds(before)))
            return;
        var progress = new ProgressLedger(target);
        var verdict = RunVerdict.Of(
            await progress.ByCollectionAsync(run.Id, cancellationToken), await progress.CountQuarantineAsync(run.Id, cancellationToken),
            file.Source.Live, builds: await new BuildLedger(target).ListAsync(run.Id, cancellationToken));
        var runs = new RunLedger(target);
        await (verdict.IsComplete
            ? runs.CompleteAsync(run.Id, cancellationToken)
            : runs.EndIncompleteAsync(run.Id, string.Join(' ', verdict.Reasons), cancellationToken));
        await FollowStateAsync(target, run, cancellationToken);
    }

    /// <summary>Workers that cannot be let go end by themselves, or wait in vain: no reason to keep the report back.</summary>
    private async Task LetWorkersGoAsync(RunRecord run, CancellationToken cancellationToken)
    {
        try
        {
            await _place.LetGoAsync(run, cancellationToken);
        }
        catch (UserException e)
        {
            console.MarkupLineInterpolated($"[yellow]warning[/] the worker Job could not be brought to its end: {e.Message}");
        }
    }

    /// <summary>Queues that cannot be removed are in nobody's way, so they do not cost the report.</summary>
    private async Task RemoveQueuesAsync(NpgsqlDataSource target, string broker, RunRecord run, CancellationToken cancellationToken)
    {
        try
        {
            var letters = await new DeadLetters(broker, run, target).ClearCompletedAsync(cancellationToken);
            await new RunQueues(broker, run, TimeProvider.System).RemoveAsync(keepErrors: letters.Staying > 0, cancellationToken);
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

    public async Task<int> ReportAsync(NpgsqlDataSource target, RunRecord run, CancellationToken cancellationToken)
    {
        var report = await RunReport.BuildAsync(target, run.Name, cancellationToken);
        if (JsonLineWriter.Of(console) is { } lines)
            lines.Say(report.Verdict, json => JsonOutput.Write(json, "report", report));
        else
            RunReportText.Write(console, report);
        return report.IsComplete ? ExitCode.Done : ExitCode.Incomplete;
    }

    public void Dispose() => _place.Dispose();

    private WorkerOptions InProcessOptions() => new()
    {
        Target = file.Target.Uri,
        Source = file.Source.Uri,
        Multiply = request.Workers,
    };
}
