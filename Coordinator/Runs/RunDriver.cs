using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Coordinator.Building;
using Migration.Coordinator.Checking;
using Migration.Coordinator.Observing;
using Migration.Coordinator.Planning;
using Migration.Worker;
using Migration.Worker.Sources;
using Migration.Worker.Targets;
using Npgsql;
using Spectre.Console;

namespace Migration.Coordinator.Runs;

/// <summary>
/// A run from its file to its report. Every step can be repeated: whatever an earlier coordinator did stands in the
/// ledger and is not done again, so one that died anywhere is followed by one that goes on.
/// </summary>
internal sealed class RunDriver(
    RunRequest request, MigrationFile file, IAnsiConsole console, RunObservation observation) : IDisposable
{
    private readonly string _name = request.Name ?? file.Name;
    private readonly RunExecution _execution = new(request, file, console, observation);

    /// <returns>Of <see cref="ExitCode"/>.</returns>
    public async Task<int> DriveAsync(CancellationToken cancellationToken)
    {
        await _execution.CheckBrokerAsync(cancellationToken);
        var connection = ConnectionText.ToNpgsql(file.Target.Uri);
        await using var target = NpgsqlDataSource.Create(connection);
        RunRecord? started = null;
        await observation.Patience.WaitForTargetAsync(
            file.Target.Uri, async token => started = await FindStartedAsync(target, token), cancellationToken);
        await RefuseForgetfulAsync(target, cancellationToken);
        if (started is null)
            await CheckAsync(target, cancellationToken);
        if (started?.State != RunState.Completed)
            await _execution.CheckPlaceAsync(started, _name, cancellationToken);
        await LedgerSchema.EnsureAsync(target, cancellationToken);
        await using var runLock = await RunLock.AcquireAsync(
            connection, _name, WorkerIdentity.Create().Name, cancellationToken, console.WriteLine);
        var runs = new RunLedger(target);
        var run = await new RunOpener(runs, mayReplaceUnstarted: true).OpenAsync(_name, file, cancellationToken);
        observation.Figures.Follow(run);
        observation.Health.Have("run");
        if (run.State == RunState.Completed)
        {
            if (await BuildMoreAsync(target, runLock, run, cancellationToken))
                return await _execution.ReportAsync(target, run, cancellationToken);
            console.MarkupLineInterpolated($"Run [bold]{_name}[/] is complete; nothing is left to do.");
            return await _execution.ReportAsync(target, run, cancellationToken);
        }

        var plan = new PlanLedger(target);
        await new SlicePlanner(plan, run, file, request.Workers, console).PlanAsync(cancellationToken);
        await CreateTablesAsync(target, run, cancellationToken);
        await new PausedCollections(target, run, file, console).LetGoOnAsync(onlyWithinLimit: false, cancellationToken);
        await _execution.MigrateAsync(
            target, runLock, run, (publishing, token) => PutToWorkAsync(plan, run, publishing, token), cancellationToken);
        return await _execution.EndAsync(target, run, cancellationToken);
    }

    /// <summary>What the file asks to be built may change at any time, also when all else is done.</summary>
    /// <returns>Whether there was anything.</returns>
    private async Task<bool> BuildMoreAsync(NpgsqlDataSource target, RunLock runLock, RunRecord run, CancellationToken cancellationToken)
    {
        var before = await new BuildLedger(target).ListAsync(run.Id, cancellationToken);
        if (!await RunBuilds.HaveChangedAsync(target, file, before, cancellationToken))
            return false;
        console.MarkupLineInterpolated($"Run [bold]{_name}[/] is complete; what is to be built after the load has changed.");
        await _execution.BuildAsync(target, runLock, run, cancellationToken);
        await _execution.JudgeBuildsAsync(target, run, before, cancellationToken);
        return true;
    }

    public void Dispose() => _execution.Dispose();

    private async Task PutToWorkAsync(PlanLedger plan, RunRecord run, RunPublishing publishing, CancellationToken cancellationToken)
    {
        if (await plan.ReviveFailedAsync(run.Id, cancellationToken) is > 0 and var revived)
            console.MarkupLineInterpolated($"{revived} slices that had given up get another set of attempts.");
        await publishing.PublishPendingAsync(cancellationToken);
    }

    /// <summary>
    /// Such a run is first compared with the file that it was started with: a changed column is a change to refuse by its
    /// name, not a wrong table; and one that is complete needs no source any more.
    /// </summary>
    private async Task<RunRecord?> FindStartedAsync(NpgsqlDataSource target, CancellationToken cancellationToken)
    {
        if (!await LedgerSchema.ExistsAsync(target, cancellationToken))
            return null;
        await LedgerSchema.EnsureAsync(target, cancellationToken);
        return await new RunLedger(target).FindAsync(_name, cancellationToken) is { State: not RunState.Planning } run ? run : null;
    }

    private static async Task RefuseForgetfulAsync(NpgsqlDataSource target, CancellationToken cancellationToken)
    {
        await using var connection = await target.OpenConnectionAsync(cancellationToken);
        if (await CommitDurability.FindProblemAsync(connection, cancellationToken) is { } problem)
            throw new UserException(problem);
    }

    /// <summary>Whatever is wrong with source or target is said before anything is made, so that a second try finds a clean slate.</summary>
    private async Task CheckAsync(NpgsqlDataSource target, CancellationToken cancellationToken)
    {
        await using (var connection = await target.OpenConnectionAsync(cancellationToken))
        {
            await TargetTables.RehearseAsync(connection, file.Collections, cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            if (await new BuildProblems(connection, file).FindAsync(cancellationToken) is { Count: > 0 } problems)
                throw new UserException(string.Join(Environment.NewLine, problems));
        }

        foreach (var collection in file.Collections)
        {
            await using var source = await SourceOpener.OpenAsync(file.Source, collection, cancellationToken);
        }

        PluginCheck.ThrowIfWrong(file);
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
}
