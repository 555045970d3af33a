using System.Diagnostics.Metrics;
using Migration.Contracts.Ledger;
using Migration.Worker;
using Npgsql;

namespace Migration.Coordinator.Observing;

/// <summary>What a coordinator tells of its run as figures: what the ledger said at the last look, never something of its own.</summary>
internal sealed class RunFigures : IDisposable
{
    private static readonly TimeSpan WorkersInterval = TimeSpan.FromSeconds(5);

    private readonly Meter _meter = new(Instruments.MeterName);
    private readonly Counter<long> _resent;
    private readonly TimeProvider _time;
    private volatile IReadOnlyList<CollectionProgress> _collections = [];
    private volatile RunWorkerCount? _workers;
    private volatile RunRecord? _run;
    private long? _countedAt;

    public RunFigures(TimeProvider time)
    {
        _time = time;
        _resent = _meter.CreateCounter<long>("migration.reconcile.resent", null, "Slices enqueued again because their worker or their message was lost.");
        Gauge("migration.run.state", States, "1 for the state that the run is in.");
        Gauge("migration.run.records.planned", () => Each(c => [([], c.Plan.Keys)]), "Records planned.");
        Gauge("migration.run.records.done", () => Each(Outcomes), "Records whose outcome is committed, by outcome.");
        Gauge("migration.run.slices", () => Each(Slices), "Slices by state.");
        Gauge("migration.run.workers.wanted", () => Workers(w => w.Wanted), "Workers that the run shall have.");
        Gauge("migration.run.workers.alive", () => Workers(w => w.Working), "Workers that are alive and have their share of the connections.");
        Gauge("migration.run.workers.waiting", () => Workers(w => w.Waiting), "Workers that wait for a share of the connections.");
    }

    public void Follow(RunRecord run) => _run = run;

    public void Resent(string reason, int slices) => _resent.Add(slices, Tag("reason", reason));

    /// <summary>Notes what the ledger said just now, and counts the workers now and then.</summary>
    public async Task NoteAsync(
        IReadOnlyList<CollectionProgress> collections, WorkerLedger workers, TimeSpan lease, CancellationToken cancellationToken)
    {
        _collections = collections;
        if (_run is not { } run || (_countedAt is { } at && _time.GetElapsedTime(at) < WorkersInterval))
            return;
        _countedAt = _time.GetTimestamp();
        try
        {
            _workers = await workers.CountAsync(run.Id, lease, cancellationToken);
        }
        catch (NpgsqlException e) when (TransientRetry.IsTransient(e))
        {
            // Whoever follows the run notices and waits for the ledger; the last figures stay.
        }
    }

    public void Dispose() => _meter.Dispose();

    private void Gauge(string name, Func<IEnumerable<Measurement<long>>> look, string help)
        => _meter.CreateObservableGauge(name, look, null, help);

    private IEnumerable<Measurement<long>> States()
    {
        if (_run is not { } run)
            yield break;
        foreach (var state in Enum.GetValues<RunState>())
            yield return new Measurement<long>(state == run.State ? 1 : 0, Tag("run", run.Name), Tag("state", Word(state)));
    }

    private IEnumerable<Measurement<long>> Workers(Func<RunWorkerCount, int?> figure)
        => _workers is { } workers && figure(workers) is { } value ? [new Measurement<long>(value)] : [];

    private IEnumerable<Measurement<long>> Each(Func<CollectionProgress, IEnumerable<(KeyValuePair<string, object?>[] Tags, long Value)>> figures)
        => _collections.SelectMany(c => figures(c).Select(
            figure => new Measurement<long>(figure.Value, [Tag("collection", c.Plan.Name), .. figure.Tags])));

    private static IEnumerable<(KeyValuePair<string, object?>[] Tags, long Value)> Outcomes(CollectionProgress c)
        => [([Tag("outcome", "written")], c.Counts.Written), ([Tag("outcome", "quarantined")], c.Counts.Quarantined), ([Tag("outcome", "skipped")], c.Counts.Skipped)];

    private static IEnumerable<(KeyValuePair<string, object?>[] Tags, long Value)> Slices(CollectionProgress c) =>
    [
        ([Tag("state", "waiting")], c.Slices.Waiting), ([Tag("state", "running")], c.Slices.Running),
        ([Tag("state", "completed")], c.Slices.Completed), ([Tag("state", "failed")], c.Slices.Failed),
    ];

    private static string Word(RunState state) => state.ToString().ToLowerInvariant();

    private static KeyValuePair<string, object?> Tag(string key, string value) => new(key, value);
}
