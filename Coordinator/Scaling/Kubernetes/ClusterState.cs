using System.Threading.Channels;

namespace Migration.Coordinator.Scaling.Kubernetes;

/// <summary>The Job, its pods and the warnings about them as the API server last showed them, kept up by watches.</summary>
internal sealed class ClusterState
{
    private readonly Lock _turn = new();
    private readonly Dictionary<string, WorkerPod> _pods = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ClusterEvent> _warnings = new(StringComparer.Ordinal);
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private WorkerJob? _job;

    /// <summary>Null when there is none.</summary>
    public WorkerJob? Job
    {
        get
        {
            lock (_turn)
                return _job;
        }
    }

    public IReadOnlyList<WorkerPod> Pods
    {
        get
        {
            lock (_turn)
                return [.. _pods.Values];
        }
    }

    /// <summary>The latest about each object, by its uid.</summary>
    public IReadOnlyDictionary<string, ClusterEvent> Warnings
    {
        get
        {
            lock (_turn)
                return new Dictionary<string, ClusterEvent>(_warnings, StringComparer.Ordinal);
        }
    }

    /// <summary>
    /// What a write answered is often newer than what the watch tells next; an older state of the same Job would have the
    /// write done once more.
    /// </summary>
    public void Show(WorkerJob? job)
    {
        lock (_turn)
        {
            if (job is null || _job is null || job.Uid != _job.Uid || job.Generation >= _job.Generation)
                _job = job;
        }

        _changes.Writer.TryWrite(true);
    }

    /// <summary>Deleted; another of the same name may be there already.</summary>
    public void Remove(WorkerJob job)
    {
        lock (_turn)
        {
            if (_job?.Uid == job.Uid)
                _job = null;
        }

        _changes.Writer.TryWrite(true);
    }

    public void ShowAll(IEnumerable<WorkerPod> pods)
    {
        lock (_turn)
        {
            _pods.Clear();
            foreach (var pod in pods)
                _pods[pod.Uid] = pod;
        }

        _changes.Writer.TryWrite(true);
    }

    public void Show(WorkerPod pod, bool isGone)
    {
        lock (_turn)
        {
            if (isGone)
                _ = _pods.Remove(pod.Uid) && _warnings.Remove(pod.Uid);
            else
                _pods[pod.Uid] = pod;
        }

        _changes.Writer.TryWrite(true);
    }

    /// <summary>Events do not come in the order of their time.</summary>
    public void Show(ClusterEvent warning)
    {
        lock (_turn)
        {
            if (_warnings.TryGetValue(warning.AboutUid, out var known) && known.At > warning.At)
                return;
            _warnings[warning.AboutUid] = warning;
        }

        _changes.Writer.TryWrite(true);
    }

    /// <summary>What a warning told has cleared, and must not explain what comes later.</summary>
    public void Forget(string aboutUid)
    {
        lock (_turn)
            _warnings.Remove(aboutUid);
    }

    /// <summary>Returns at the next change, or at once when there was one since the last call, or when the time is up.</summary>
    public async Task ChangedAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timeUp = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeUp.Token, cancellationToken);
        try
        {
            await _changes.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // No change; time passes all the same, and the wish may be another.
        }
    }
}
