using Migration.Coordinator.Scaling.Kubernetes;

namespace Migration.Coordinator.Tests.Scaling.Kubernetes;

/// <summary>Short words for a Job and its pods.</summary>
internal static class Workers
{
    public const string JobUid = "job-1";

    public static readonly IReadOnlyDictionary<string, ClusterEvent> NoWarnings = new Dictionary<string, ClusterEvent>();

    public static WorkerJob Job(int workers, string failed = "", string completed = "", JobEnd? end = null, string? runId = null)
        => new("shop-worker", JobUid, "7", 1, workers, workers, runId, true, "hash", false, end, failed, completed, []);

    public static WorkerPod Pod(int index, PodState state, string? detail = null, int? exitCode = null, string? name = null)
        => new(
            name ?? $"shop-worker-{index}-abcde", name ?? $"pod-{index}", JobUid, index, DateTime.UnixEpoch, state, detail, exitCode);

    public static IEnumerable<WorkerPod> Pods(int from, int count, PodState state, string? detail = null, int? exitCode = null)
        => Enumerable.Range(from, count).Select(index => Pod(index, state, detail, exitCode));
}
