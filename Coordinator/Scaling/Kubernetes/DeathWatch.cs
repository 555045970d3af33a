namespace Migration.Coordinator.Scaling.Kubernetes;

/// <summary>
/// Tells when workers die one after the other and nothing else happens. Kubernetes starts them again by itself, for each
/// a few times and ever more slowly; a run of which nothing comes shall not wait for the end of that.
/// </summary>
internal sealed class DeathWatch
{
    /// <summary>Each worker of a wave may die for what kills all, and for what is transient, before the run is given up.</summary>
    private const int DeathsForEachWorker = 3;

    private const int FewestDeaths = 6;

    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private long? _progress;
    private int _deaths;

    /// <param name="progress">As <see cref="RunPulse.Progress"/>.</param>
    /// <param name="workers">How many the Job was asked for.</param>
    /// <returns>Why there is no point in going on; null while there is.</returns>
    public string? Look(IReadOnlyList<WorkerPod> pods, long progress, int workers)
    {
        // What died before this coordinator looked says nothing about now.
        if (_progress is null)
            _known.UnionWith(pods.Where(pod => pod.State == PodState.Failed).Select(pod => pod.Uid));
        if (_progress is null || progress > _progress)
            (_progress, _deaths) = (progress, 0);
        WorkerPod? last = null;
        foreach (var pod in pods.Where(pod => pod.State == PodState.Failed && _known.Add(pod.Uid)).OrderBy(pod => pod.CreatedAt))
        {
            _deaths++;
            last = pod;
        }

        return last is not null && _deaths > Math.Max(FewestDeaths, workers * DeathsForEachWorker)
            ? $"{_deaths} workers ended one after the other without taking up a slice; the last one ({last.Name}) ended with "
              + $"exit code {last.ExitCode?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "unknown"} and said: {last.Detail ?? "nothing"}"
            : null;
    }
}
