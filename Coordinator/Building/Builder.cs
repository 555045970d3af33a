using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Worker;
using Npgsql;

namespace Migration.Coordinator.Building;

/// <summary>
/// Makes what is to be made after the load, a few at a time, each as soon as its collections have their outcome and what
/// it needs has ended. What cannot be made is noted with its reason and holds up nothing; a server that is away is waited
/// for, and what it was doing is tried again.
/// </summary>
internal sealed class Builder : IAsyncDisposable
{
    private readonly BuildLedger _ledger;
    private readonly Guid _runId;
    private readonly IReadOnlyList<Build> _builds;
    private readonly BuildSessions _sessions;
    private readonly BuildNews _news;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _places;
    private readonly CancellationTokenSource _stop;
    private readonly Dictionary<string, TaskCompletionSource<bool>> _loaded;
    private readonly ConcurrentDictionary<Build, long> _underWay = new();
    private readonly Dictionary<Build, Task> _tasks = [];

    /// <param name="parallel">Builds at a time at most, each with a connection of its own.</param>
    public Builder(
        BuildLedger ledger, Guid runId, IReadOnlyList<Build> builds, int parallel, BuildSessions sessions, BuildNews news, ILogger logger,
        TimeProvider time, CancellationToken cancellationToken)
    {
        (_ledger, _runId, _builds, _sessions, _news, _logger, _time) = (ledger, runId, builds, sessions, news, logger, time);
        _places = new SemaphoreSlim(parallel);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _loaded = builds.SelectMany(build => build.Collections).Distinct().ToDictionary(
            name => name, _ => new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously), StringComparer.Ordinal);
    }

    /// <summary>Ends with what there is to build; with the first exception that nobody foresaw.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    /// <summary>Notes the list in the ledger; nothing is built before <see cref="Loaded"/> says of what.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _ledger.NoteAsync(_runId, [.. _builds.Select(build => (build.Id, build.Definition))], cancellationToken);
        var noted = (await _ledger.ListAsync(_runId, cancellationToken)).ToDictionary(record => record.Id);
        foreach (var (place, build) in _builds.Index())
            _tasks[build] = RunAsync(place, build, noted[build.Id], _stop.Token);
        Completion = Task.WhenAll(_tasks.Values);
    }

    /// <summary>Every slice of the collection has its outcome.</summary>
    public void Loaded(string collection)
    {
        if (_loaded.TryGetValue(collection, out var loaded))
            loaded.TrySetResult(true);
    }

    /// <summary>What is not loaded by now will not be: what waits for it goes on waiting, for another time.</summary>
    public void NothingMoreComes()
    {
        foreach (var loaded in _loaded.Values)
            loaded.TrySetResult(false);
    }

    /// <summary>Says what is being built, and for how long by now.</summary>
    public void TellProgress()
        => _news.Progress([.. _underWay.Select(build => (build.Key, _time.GetElapsedTime(build.Value)))]);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        NothingMoreComes();
        try
        {
            await Completion;
        }
        catch (Exception e) when (e is OperationCanceledException or NpgsqlException)
        {
            // Who waited for it has had it; else whatever ended the run comes first, and the ledger says what is left.
        }

        _places.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync(int place, Build build, BuildRecord noted, CancellationToken cancellationToken)
    {
        foreach (var collection in build.Collections)
        {
            if (!await _loaded[collection].Task.WaitAsync(cancellationToken))
                return;
        }

        foreach (var needed in build.Needs)
            await _tasks[needed];
        await _places.WaitAsync(cancellationToken);
        try
        {
            _underWay[build] = _time.GetTimestamp();
            await TryAsync(place, build, noted, cancellationToken);
        }
        finally
        {
            _underWay.TryRemove(build, out _);
            _places.Release();
        }
    }

    private async Task TryAsync(int place, Build build, BuildRecord noted, CancellationToken cancellationToken)
    {
        var wasBegun = noted.Attempts > 0;
        try
        {
            await TransientRetry.Create($"building {build}", _logger, _time).ExecuteAsync(
                async token => await AttemptAsync(place, build, noted, wasBegun, () => wasBegun = true, token), cancellationToken);
        }
        catch (PostgresException e) when (!cancellationToken.IsCancellationRequested)
        {
            // Either it is no matter of time, or PostgreSQL is there and its time was over again and again.
            await EndAsync(build, new BuildOutcome(BuildState.Failed, $"{e.MessageText} (SQLSTATE {e.SqlState})"), cancellationToken);
        }
    }

    private async Task AttemptAsync(
        int place, Build build, BuildRecord noted, bool wasBegun, Action begins, CancellationToken cancellationToken)
    {
        var outcome = await _sessions.UseAsync(
            place, pid => _news.Waits(build, pid),
            (connection, token) => build.MakeAsync(connection, () => BeginAsync(token), wasBegun, token), cancellationToken);
        if (outcome.State != BuildState.Present)
            await EndAsync(build, outcome, cancellationToken);
        else if (!noted.IsDone)
            await EndAsync(build, wasBegun ? outcome with { State = BuildState.Built } : outcome, cancellationToken);

        async Task BeginAsync(CancellationToken token)
        {
            await _ledger.BeginAsync(_runId, build.Id, token);
            begins();
            _news.Begins(build);
        }
    }

    private async Task EndAsync(Build build, BuildOutcome outcome, CancellationToken cancellationToken)
    {
        await _ledger.EndAsync(_runId, build.Id, outcome, cancellationToken);
        _news.Ends(build, outcome, _time.GetElapsedTime(_underWay[build]));
    }
}
