using Microsoft.Extensions.Logging;

namespace Migration.Coordinator.Scaling.Kubernetes;

/// <summary>
/// A run's workers as pods of one Job. Watches and scales on its own, so that an API server that is away for a while
/// holds up neither the run nor its display. Left to itself when disposed of: the next coordinator adopts the Job.
/// </summary>
internal sealed class KubernetesWorkers : IRunWorkers
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Changes come by the hundred while a wave starts; they are looked at together.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(100);

    private readonly Cluster _cluster;
    private readonly ClusterState _state;
    private readonly JobScaler _scaler;
    private readonly WorkerJobFile _file;
    private readonly int? _given;
    private readonly WantedWorkers _wanted;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _work;

    private RunPulse _pulse;
    private string? _noted;
    private string _told = "";
    private long? _notedAt;
    private bool _allTold;

    /// <param name="cluster">Disposed of with this.</param>
    /// <param name="given">Workers by the command line; null for the template's.</param>
    public KubernetesWorkers(
        Cluster cluster, ClusterState state, ClusterWatches watches, JobScaler scaler, WorkerJobFile file, int? given,
        WantedWorkers wanted, TimeProvider time, ILogger<KubernetesWorkers> logger)
    {
        (_cluster, _state, _scaler, _file, _given, _wanted, _time, _logger) = (cluster, state, scaler, file, given, wanted, time, logger);
        _work = WorkAsync(watches);
    }

    /// <summary>Hands on what ended the scaler's own work.</summary>
    public async Task SuperviseAsync(RunPulse pulse, CancellationToken cancellationToken)
    {
        lock (_state)
            _pulse = pulse;
        if (_work.IsCompleted)
            await _work;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _work.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        _cluster.Dispose();
        _end.Dispose();
    }

    private async Task WorkAsync(ClusterWatches watches)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        var watching = watches.FollowAsync(end.Token);
        var scaling = ScaleAsync(watches, end.Token);
        try
        {
            await await Task.WhenAny(watching, scaling);
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAll(watching, scaling).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private async Task ScaleAsync(ClusterWatches watches, CancellationToken cancellationToken)
    {
        await watches.Known.WaitAsync(cancellationToken);
        while (true)
        {
            _file.Refresh();
            await _wanted.ReadAsync(_given ?? _file.Template.Parallelism ?? 1, cancellationToken);
            await _scaler.StepAsync(_file.Template, _wanted.Count, Pulse, cancellationToken);
            await TellAsync(cancellationToken);
            await Task.Delay(Rest, _time, cancellationToken);
            await _state.ChangedAsync(Interval - Rest, _time, cancellationToken);
        }
    }

    private RunPulse Pulse
    {
        get
        {
            lock (_state)
                return _pulse;
        }
    }

    /// <summary>A reason is told when it comes and when it goes; the ledger has its numbers as well, once a second.</summary>
    private async Task TellAsync(CancellationToken cancellationToken)
    {
        var (note, kinds) = (_scaler.Note, _scaler.NoteKinds);
        if (kinds != _told && note is not null)
            _logger.WorkersHeld(note);
        else if (_told.Length > 0 && kinds.Length == 0)
            _logger.WorkersGoOn(_scaler.Ready, _wanted.Count);
        _told = kinds;
        TellAll();
        if (note == _noted || _notedAt is { } at && _time.GetElapsedTime(at) < Interval)
            return;
        if (await _wanted.NoteAsync(note, cancellationToken))
            (_noted, _notedAt) = (note, _time.GetTimestamp());
    }

    private void TellAll()
    {
        var all = _wanted.Count > 0 && _scaler.Ready >= _wanted.Count;
        if (all && !_allTold)
            _logger.AllWorkersRun(_wanted.Count);
        _allTold = all;
    }
}
