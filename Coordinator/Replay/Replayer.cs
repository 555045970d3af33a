using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Coordinator.Observing;
using Migration.Coordinator.Runs;
using Migration.Worker;
using Migration.Worker.Enrichment;
using Migration.Worker.Targets;
using Npgsql;
using Spectre.Console;

namespace Migration.Coordinator.Replay;

/// <summary>
/// Puts what failed in a run back to work: quarantined records through the current mapping, slices that gave up through
/// the queue; then judges and reports the run anew.
/// </summary>
/// <param name="mended">A migration file that takes the place of the run's; null to go on with that one.</param>
internal sealed class Replayer(
    RunRequest place, ReplayRequest request, RunRecord run, MigrationFile file, MigrationFile? mended, NpgsqlDataSource target,
    IAnsiConsole console, ILoggerFactory loggers, RunObservation observation) : IDisposable
{
    private readonly RunExecution _execution = new(place, file, console, observation);
    private readonly ReplayLedger _replays = new(target);
    private readonly ReplayText _text = new(console);

    /// <returns>Of <see cref="ExitCode"/>; as <c>report</c> ends.</returns>
    /// <exception cref="LedgerException">Another coordinator drives the run, or the mended file changes what a replay may not.</exception>
    public async Task<int> ReplayAsync(CancellationToken cancellationToken)
    {
        await new FailureFinder(target, run).CheckAsync(request.Selection, cancellationToken);
        CheckChanges();
        if (request.DeadLetters && !request.IsDryRun)
        {
            await _execution.CheckBrokerAsync(cancellationToken);
            await _execution.CheckPlaceAsync(run, run.Name, cancellationToken);
        }

        await CheckTablesAsync(cancellationToken);
        if (request.IsDryRun)
            return await RehearseAsync(cancellationToken);

        await using var runLock = await RunLock.AcquireAsync(
            ConnectionText.ToNpgsql(file.Target.Uri), run.Name, WorkerIdentity.Create().Name, cancellationToken, console.WriteLine);
        var hash = await AdoptFileAsync(cancellationToken);
        var replay = await _replays.StartAsync(run.Id, request.ToString(), hash, cancellationToken);
        if (request.Quarantine)
            _text.Write(await ReplayQuarantineAsync(replay, hash, cancellationToken));

        // What was paused over what is in by now goes on.
        await new PausedCollections(target, run, file, console).LetGoOnAsync(onlyWithinLimit: true, cancellationToken);
        if (request.DeadLetters)
            await ReplayDeadLettersAsync(runLock, replay, cancellationToken);
        await _replays.FinishAsync(replay, cancellationToken);
        return await EndAsync(runLock, cancellationToken);
    }

    public void Dispose() => _execution.Dispose();

    private void CheckChanges()
    {
        if (run.State == RunState.Planning)
            throw new UserException($"Run '{run.Name}' has not started; start it with 'coordinator run FILE'.");
        if (mended is null)
            return;
        var changes = MigrationFileChanges.ForReplayBetween(StoredMigrationFile.FromStoredJson(run.File), mended);
        if (changes.Count > 0)
        {
            throw new LedgerException(
                $"Run '{run.Name}' was started from a migration file that said something else:\n  " + string.Join("\n  ", changes)
                + "\nA replay may change how columns are mapped, onConflict, unmapped and limits. Change the rest back.");
        }
    }

    /// <summary>Said before anything is touched: a mended column often needs its table mended as well.</summary>
    private async Task CheckTablesAsync(CancellationToken cancellationToken)
    {
        await using var connection = await target.OpenConnectionAsync(cancellationToken);
        await TargetTables.RehearseAsync(connection, file.Collections, cancellationToken);
    }

    private async Task<string> AdoptFileAsync(CancellationToken cancellationToken)
    {
        if (mended is null)
            return run.FileHash;
        var hash = MigrationFileFingerprint.Of(mended);
        await new RunLedger(target).UpdateFileAsync(run.Id, StoredMigrationFile.ToStoredJson(mended), hash, cancellationToken);
        return hash;
    }

    private async Task<int> RehearseAsync(CancellationToken cancellationToken)
    {
        if (request.Quarantine)
            _text.WriteRehearsal(await ReplayQuarantineAsync(null, run.FileHash, cancellationToken));
        if (request.DeadLetters)
            _text.WriteRehearsal(Math.Min(request.Most, await _replays.CountFailedAsync(run.Id, request.Selection, cancellationToken)));
        console.WriteLine("Nothing was changed.");
        return ExitCode.Done;
    }

    private async Task<ReplayedRecords> ReplayQuarantineAsync(Guid? replay, string hash, CancellationToken cancellationToken)
    {
        var total = new ReplayedRecords();
        var slots = new RecordSlots(file.Worker.EnrichConcurrency);
        foreach (var collection in file.Collections.Where(c => request.Selection.Collection is null || c.Name == request.Selection.Collection))
        {
            using var enrichment = await RowEnrichment.OpenAsync(
                collection, slots,
                new(run.Id, target, Environment.GetEnvironmentVariable, TimeProvider.System, loggers.CreateLogger<QuarantineReplayer>()),
                cancellationToken);
            var replayer = new QuarantineReplayer(
                run, new CollectionRows(collection, enrichment), hash, target, TimeProvider.System, loggers.CreateLogger<QuarantineReplayer>());
            await replayer.ReplayAsync(replay, request.Selection.Cause, request.Most - total.Tried, total.Add, cancellationToken);
        }

        return total;
    }

    /// <summary>
    /// Has them worked on to the end. What else waits in the run is worked on as well: a run with slices in the queue has
    /// to be followed by somebody.
    /// </summary>
    private async Task ReplayDeadLettersAsync(RunLock runLock, Guid replay, CancellationToken cancellationToken)
    {
        var failed = await _replays.CountFailedAsync(run.Id, request.Selection, cancellationToken);
        if (failed == 0 && !await HasWaitingSlicesAsync(cancellationToken))
        {
            if (_execution.DeadLetters(run, target) is { } letters)
                _text.Write(await letters.ClearCompletedAsync(cancellationToken));
            console.WriteLine("No slice of the selection has given up.");
            return;
        }

        // What workers read is the run's current file.
        var current = (await new RunLedger(target).FindAsync(run.Id, cancellationToken))!;
        await _execution.MigrateAsync(
            target, runLock, current, (publishing, token) => PutToWorkAsync(replay, publishing, token), cancellationToken);
    }

    private async Task PutToWorkAsync(Guid replay, RunPublishing publishing, CancellationToken cancellationToken)
    {
        // First what waited before: what is sent from here on has its message, and must not be taken for lost.
        await publishing.PublishPendingAsync(cancellationToken);
        var counts = DeadLetterCounts.None;
        if (_execution.DeadLetters(run, target) is { } letters)
        {
            counts = await letters.ReplayAsync(
                replay, request.Selection, request.Most, slices => publishing.Publisher.PublishAsync(slices, cancellationToken),
                cancellationToken);
        }

        // Without a broker, or with an error queue that was purged, the ledger alone knows them.
        var rest = await _replays.ReviveAsync(replay, run.Id, request.Selection, request.Most - counts.Replayed, cancellationToken);
        _text.Write(counts with { Replayed = counts.Replayed + rest.Count });
        await publishing.PublishPlannedAsync(cancellationToken);
    }

    private async Task<bool> HasWaitingSlicesAsync(CancellationToken cancellationToken)
        => (await new ProgressLedger(target).ByCollectionAsync(run.Id, cancellationToken)).Any(c => !c.Slices.AllHaveOutcome);

    private async Task<int> EndAsync(RunLock runLock, CancellationToken cancellationToken)
    {
        if (await HasWaitingSlicesAsync(cancellationToken))
        {
            console.MarkupLineInterpolated($"Slices of run [bold]{run.Name}[/] are still waiting: go on with 'coordinator run FILE --name {run.Name}'.");
            return await _execution.ReportAsync(target, run, cancellationToken);
        }

        // Rows that came in now may be those that a foreign key lacked; and sequences may have to be set further.
        var before = await new BuildLedger(target).ListAsync(run.Id, cancellationToken);
        await _execution.BuildAsync(target, runLock, run, cancellationToken);

        // A run that had ended and of which no slice was put back to work is what it was: neither its source, which may be
        // gone by now, nor its queues are needed to say so.
        var current = (await new RunLedger(target).FindAsync(run.Id, cancellationToken))!;
        if (current.State == RunState.Running)
            return await _execution.EndAsync(target, run, cancellationToken);
        await _execution.JudgeBuildsAsync(target, current, before, cancellationToken);
        return await _execution.ReportAsync(target, run, cancellationToken);
    }
}
