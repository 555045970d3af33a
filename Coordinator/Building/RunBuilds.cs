using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Worker;
using Npgsql;
using Spectre.Console;

namespace Migration.Coordinator.Building;

/// <summary>What a run builds after the load, from the coordinator's point of view: begun with the run, waited for at its end.</summary>
internal sealed class RunBuilds : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Builder _builder;
    private readonly TimeProvider _time;

    private RunBuilds(Builder builder, TimeProvider time) => (_builder, _time) = (builder, time);

    /// <summary>Makes the ledger's list the migration file's. The tables must be there.</summary>
    public static async Task<RunBuilds> OpenAsync(
        NpgsqlDataSource target, RunRecord run, MigrationFile file, IAnsiConsole console, ILoggerFactory loggers, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var builds = await ListAsync(target, file, cancellationToken);
        var builder = new Builder(
            new BuildLedger(target), run.Id, builds, file.Target.BuildsAtATime,
            new BuildSessions(ConnectionText.ToNpgsql(file.Target.Uri), target, run.Id, time), new BuildNews(console, time),
            loggers.CreateLogger<Builder>(), time, cancellationToken);
        await builder.StartAsync(cancellationToken);
        return new RunBuilds(builder, time);
    }

    /// <summary>Whether the file asks for something else than what the ledger says of a run that is complete.</summary>
    public static async Task<bool> HaveChangedAsync(
        NpgsqlDataSource target, MigrationFile file, IReadOnlyList<BuildRecord> noted, CancellationToken cancellationToken)
    {
        var done = noted.Where(build => build.IsDone).Select(build => (build.Id, build.Definition)).ToHashSet();
        return (await ListAsync(target, file, cancellationToken)).Any(build => !done.Contains((build.Id, build.Definition)));
    }

    /// <summary>What the ledger says of the collections now: those that have their outcome are built upon from here on.</summary>
    public void Note(IReadOnlyList<CollectionProgress> collections)
    {
        foreach (var collection in collections.Where(c => c.Plan.IsPlanned && c.Slices.AllHaveOutcome))
            _builder.Loaded(collection.Plan.Name);
        _builder.TellProgress();
    }

    /// <summary>Waits for the rest. Builds can take hours, in which the run's lock must stay this coordinator's.</summary>
    public async Task CompleteAsync(RunLock runLock, CancellationToken cancellationToken)
    {
        _builder.NothingMoreComes();
        while (await Task.WhenAny(_builder.Completion, Task.Delay(Interval, _time, cancellationToken)) != _builder.Completion)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _builder.TellProgress();
            await RenewAsync(runLock, cancellationToken);
        }

        await _builder.Completion;
    }

    public ValueTask DisposeAsync() => _builder.DisposeAsync();

    private static async Task<IReadOnlyList<Build>> ListAsync(NpgsqlDataSource target, MigrationFile file, CancellationToken cancellationToken)
    {
        var tables = BuildTable.Of(file);
        await using var connection = await target.OpenConnectionAsync(cancellationToken);
        return BuildList.Of(tables, await BuildList.SequencesAsync(connection, tables, cancellationToken));
    }

    private static async Task RenewAsync(RunLock runLock, CancellationToken cancellationToken)
    {
        try
        {
            await runLock.RenewAsync(cancellationToken);
        }
        catch (NpgsqlException e) when (TransientRetry.IsTransient(e))
        {
            // While PostgreSQL is away the builds wait for it themselves, and give up on it in time.
        }
    }
}
