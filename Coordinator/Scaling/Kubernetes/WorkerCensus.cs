namespace Migration.Coordinator.Scaling.Kubernetes;

/// <summary>
/// How a Job's workers are: how many are ready, how many are not to be waited for, and what keeps the others. Made anew
/// from what the API server shows, never carried on, so that nothing is held that has cleared meanwhile.
/// </summary>
/// <param name="Asked">Workers that the Job was asked for.</param>
/// <param name="Completed">Ended in order, which they do when their run is over.</param>
/// <param name="Failed">Workers that Kubernetes gave up, in its own form: <c>1,3-5</c>.</param>
/// <param name="FailedCount">How many those are.</param>
/// <param name="Holds">Why others are not ready, the most frequent first.</param>
internal sealed record WorkerCensus(int Asked, int Ready, int Completed, string Failed, int FailedCount, IReadOnlyList<Hold> Holds)
{
    /// <summary>Asked for, and neither ready nor over.</summary>
    public int Pending => Math.Max(0, Asked - Ready - Completed - FailedCount);

    /// <param name="pods">Of any Job; others' do not count.</param>
    /// <param name="warnings">The latest about the Job and about each pod, by uid.</param>
    public static WorkerCensus Of(
        WorkerJob job, IEnumerable<WorkerPod> pods, IReadOnlyDictionary<string, ClusterEvent> warnings)
    {
        var completed = InRange(job, job.CompletedIndexes).ToHashSet();
        var failed = InRange(job, job.FailedIndexes).ToHashSet();
        var workers = pods.Where(pod => pod.JobUid == job.Uid && pod.Index >= 0 && pod.Index < job.Parallelism)
            .GroupBy(pod => pod.Index).ToDictionary(group => group.Key, group => group.OrderBy(Rank).ThenByDescending(pod => pod.CreatedAt).First());
        foreach (var (index, _) in workers.Where(worker => worker.Value.State == PodState.Succeeded))
            completed.Add(index);

        var open = Enumerable.Range(0, job.Parallelism).Where(index => !completed.Contains(index) && !failed.Contains(index)).ToList();
        var ready = open.Count(index => workers.TryGetValue(index, out var pod) && pod.State == PodState.Ready);
        var holds = open.Select(index => HoldOf(workers.GetValueOrDefault(index), job, warnings)).OfType<(HoldKind Kind, string? Detail)>()
            .GroupBy(hold => hold.Kind)
            .Select(group => new Hold(group.Key, group.Count(), group.Select(hold => hold.Detail).FirstOrDefault(detail => detail is not null)))
            .OrderByDescending(hold => hold.Count).ToList();
        return new WorkerCensus(job.Parallelism, ready, completed.Count, job.FailedIndexes, failed.Count, holds);
    }

    private static IEnumerable<int> InRange(WorkerJob job, string list)
        => WorkerJob.Indexes(list).Where(index => index < job.Parallelism);

    /// <summary>Which of a worker's pods speaks for it: an index may have a new one beside the remains of others.</summary>
    private static int Rank(WorkerPod pod) => pod.State switch
    {
        PodState.Ready => 0,
        PodState.Succeeded => 1,
        PodState.Leaving => 3,
        PodState.Failed or PodState.Disrupted => 4,
        _ => 2,
    };

    /// <summary>Null for a worker that is ready.</summary>
    private static (HoldKind Kind, string? Detail)? HoldOf(
        WorkerPod? pod, WorkerJob job, IReadOnlyDictionary<string, ClusterEvent> warnings) => pod?.State switch
        {
            PodState.Ready => null,
            null or PodState.Disrupted => Missing(job, warnings),
            PodState.Leaving => (HoldKind.Leaving, null),
            PodState.Unschedulable => (HoldKind.NoRoom, pod.Detail),
            PodState.NoImage => (HoldKind.NoImage, pod.Detail),
            PodState.CannotStart => (HoldKind.CannotStart, pod.Detail),
            PodState.Failed => (HoldKind.Crash, Crash(pod)),
            _ => Starting(pod, warnings),
        };

    private static (HoldKind Kind, string? Detail) Missing(WorkerJob job, IReadOnlyDictionary<string, ClusterEvent> warnings)
        => warnings.TryGetValue(job.Uid, out var warning) && warning.Kind == EventKind.NotCreated
            ? (HoldKind.Refused, warning.Message)
            : (HoldKind.NotCreatedYet, null);

    private static (HoldKind Kind, string? Detail) Starting(WorkerPod pod, IReadOnlyDictionary<string, ClusterEvent> warnings)
        => warnings.TryGetValue(pod.Uid, out var warning)
            ? (warning.Kind == EventKind.NoSandbox ? HoldKind.NoAddress : HoldKind.CannotStart, warning.Message)
            : (HoldKind.Starting, null);

    private static string Crash(WorkerPod pod)
        => (pod.ExitCode is { } code ? $"exit code {code}" : "ended") + (pod.Detail is { } detail ? $", {detail}" : "");
}

/// <summary>Workers that are not ready for the same reason.</summary>
/// <param name="Detail">In Kubernetes' words, of one of them; null where it says nothing.</param>
internal sealed record Hold(HoldKind Kind, int Count, string? Detail);

/// <summary>Why a worker is not ready.</summary>
internal enum HoldKind
{
    /// <summary>Its pod is not there yet, and nothing is known to be in the way.</summary>
    NotCreatedYet,

    /// <summary>Its pod is on a node and not ready yet.</summary>
    Starting,

    /// <summary>Its pod is being stopped; another comes after it.</summary>
    Leaving,

    /// <summary>No node has room.</summary>
    NoRoom,

    /// <summary>The cluster refuses the pod: a quota, a limit range, an admission hook.</summary>
    Refused,

    /// <summary>The node has no address left for it, or no network.</summary>
    NoAddress,

    /// <summary>The image cannot be had.</summary>
    NoImage,

    /// <summary>The container cannot be made or started, mostly over a missing Secret.</summary>
    CannotStart,

    /// <summary>The worker ended, and Kubernetes starts it again after a while.</summary>
    Crash,
}
