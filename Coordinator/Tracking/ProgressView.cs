using Migration.Contracts.Ledger;
using Migration.Coordinator.Commands;
using Migration.Coordinator.Observing;
using Migration.Worker;
using Npgsql;
using Spectre.Console;

namespace Migration.Coordinator.Tracking;

/// <summary>
/// Shows how far a run is: on a terminal a few lines that are rewritten in place, elsewhere a line about every two
/// seconds and one at the end; where messages are JSON, one of them each half minute. A display is never a reason to stop a run: what it cannot print or look up is left out.
/// </summary>
internal sealed class ProgressView : IAsyncDisposable
{
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan JsonInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan WorkersInterval = TimeSpan.FromSeconds(1);

    private readonly IAnsiConsole _console;
    private readonly RunRecord _run;
    private readonly WorkerLedger _workers;
    private readonly TimeSpan _lease;
    private readonly TimeProvider _time;
    private readonly LiveArea? _area;
    private readonly JsonLineWriter? _lines;
    private readonly Dictionary<string, RateMeter> _meters = new(StringComparer.Ordinal);
    private readonly RateMeter _total;
    private readonly long _opened;

    private IReadOnlyList<string> _names = [];
    private long? _namesAt;
    private long? _lineAt;
    private ProgressSnapshot? _notYetPrinted;
    private bool _closed;

    /// <param name="lease">How old a worker's heartbeat may be.</param>
    /// <param name="time">Default <see cref="TimeProvider.System"/>.</param>
    public ProgressView(IAnsiConsole console, RunRecord run, WorkerLedger workers, TimeSpan lease, TimeProvider? time = null)
    {
        (_console, _run, _workers, _lease, _time) = (console.WithRoom(), run, workers, lease, time ?? TimeProvider.System);
        _total = new RateMeter(_time);
        _opened = _time.GetTimestamp();
        _lines = JsonLineWriter.Of(console);
        if (!LiveArea.CanBeOn(console))
            return;
        _area = new LiveArea(console);
        ErrorsAboveProgress.Show(_area);
    }

    /// <summary>Shows what the ledger said just now; to be called as often as it is asked.</summary>
    public async Task ShowAsync(IReadOnlyList<CollectionProgress> collections, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(collections);
        foreach (var collection in collections)
            Meter(collection.Plan.Name).Add(collection.Counts.Read);
        _total.Add(collections.Sum(c => c.Counts.Read));
        if (_area is null && _lineAt is { } last && _time.GetElapsedTime(last) < (_lines is null ? LineInterval : JsonInterval))
        {
            _notYetPrinted = Snapshot(collections);
            return;
        }

        await LookForWorkersAsync(cancellationToken);
        Print(Snapshot(collections));
    }

    public ValueTask DisposeAsync()
    {
        if (_area is not null)
            ErrorsAboveProgress.Show(null);
        else if (_notYetPrinted is { } end)
            Print(end);
        return ValueTask.CompletedTask;
    }

    private ProgressSnapshot Snapshot(IReadOnlyList<CollectionProgress> collections)
    {
        var name = collections.Count == 1 ? collections[0].Plan.Name : "all";
        var total = Pace.Sum(name, collections, _total);
        return new ProgressSnapshot(
            _run.Name, [.. collections.Select(c => Pace.Of(c, Meter(c.Plan.Name)))], total, _time.GetElapsedTime(_opened),
            total.IsOver ? [] : _names);
    }

    private void Print(ProgressSnapshot now)
    {
        _lineAt = _time.GetTimestamp();
        _notYetPrinted = null;
        if (_closed)
            return;
        try
        {
            if (_lines is not null)
                _lines.Say(ProgressLine.Of(now), json => JsonOutput.Write(json, "progress", now));
            else if (_area is null)
                _console.Line(ProgressLine.Of(now, _time.GetLocalNow()));
            else
                _area.Show(Block().Lines(now));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Nobody looks any more: the terminal is gone, or the pipe's reader.
            _closed = true;
        }
    }

    // One column and one row stay free: a full last column or row would make some terminals scroll.
    private ProgressBlock Block()
        => new(_console.Profile.Width - 1, _console.Profile.Height - 1, _console.Profile.Capabilities.Unicode);

    private async Task LookForWorkersAsync(CancellationToken cancellationToken)
    {
        if (_namesAt is { } last && _time.GetElapsedTime(last) < WorkersInterval)
            return;
        try
        {
            _names = await _workers.LiveOwnersAsync(_run.Id, _lease, cancellationToken);
            _namesAt = _time.GetTimestamp();
        }
        catch (NpgsqlException e) when (TransientRetry.IsTransient(e))
        {
            // The ledger is away; whoever follows the run notices and waits for it. The last names stay.
        }
    }

    private RateMeter Meter(string collection)
    {
        if (!_meters.TryGetValue(collection, out var meter))
            _meters.Add(collection, meter = new RateMeter(_time));
        return meter;
    }
}
