using k8s.Models;

namespace Migration.Coordinator.Scaling.Kubernetes;

/// <summary>What matters of a Job that the API server shows.</summary>
/// <param name="Generation">Grows with every change of what is wanted of the Job.</param>
/// <param name="RunId">Of the label; null where the Job is nobody's run.</param>
/// <param name="End">Null while it goes on.</param>
/// <param name="FailedIndexes">Workers that failed too often, as the Job lists them: <c>1,3-5</c>; empty for none.</param>
/// <param name="CompletedIndexes">Workers that ended in order, in the same form.</param>
internal sealed record WorkerJob(
    string Name, string Uid, string ResourceVersion, long Generation, int Parallelism, int Completions, string? RunId,
    bool IsManaged, string? TemplateHash, bool IsBeingDeleted, JobEnd? End, string FailedIndexes, string CompletedIndexes,
    IReadOnlyList<V1OwnerReference> Owners)
{
    public static WorkerJob Of(V1Job job)
    {
        var (metadata, status) = (job.Metadata, job.Status);
        return new WorkerJob(
            metadata.Name, metadata.Uid, metadata.ResourceVersion, metadata.Generation ?? 0, job.Spec.Parallelism ?? 1,
            job.Spec.Completions ?? 1, Value(metadata.Labels, WorkerJobManifest.RunIdLabel),
            Value(metadata.Annotations, WorkerJobManifest.ManagedByAnnotation) == WorkerJobManifest.ManagedBy,
            Value(metadata.Annotations, WorkerJobManifest.HashAnnotation), metadata.DeletionTimestamp is not null,
            EndOf(status), status?.FailedIndexes ?? "", status?.CompletedIndexes ?? "", [.. metadata.OwnerReferences ?? []]);
    }

    /// <summary>The indexes of a list such as <c>1,3-5</c>.</summary>
    public static IEnumerable<int> Indexes(string list)
    {
        foreach (var part in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var ends = part.Split('-');
            if (!int.TryParse(ends[0], out var first) || !int.TryParse(ends[^1], out var last))
                continue;
            for (var index = first; index <= last; index++)
                yield return index;
        }
    }

    /// <summary>
    /// A Job that is going to fail says so by FailureTarget and has failed only when its pods are gone, which can take long
    /// on a lost node. Where no worker can work there is nothing to wait for.
    /// </summary>
    private static JobEnd? EndOf(V1JobStatus? status)
        => status?.Conditions?.Where(condition => condition.Status == "True").Select(condition => condition switch
        {
            { Type: "Complete" or "Failed" } or { Type: "FailureTarget", Reason: JobEnd.PodFailurePolicy }
                => new JobEnd(condition.Type == "Complete", condition.Reason ?? "", condition.Message ?? ""),
            _ => null,
        }).FirstOrDefault(end => end is not null);

    private static string? Value(IDictionary<string, string>? values, string key) => values?.TryGetValue(key, out var value) == true ? value : null;
}

/// <summary>How a Job ended.</summary>
/// <param name="Reason">Kubernetes' word, such as <c>PodFailurePolicy</c>.</param>
internal sealed record JobEnd(bool IsComplete, string Reason, string Message)
{
    public const string PodFailurePolicy = "PodFailurePolicy";

    /// <summary>A worker ended with the exit code that says that no worker can work.</summary>
    public bool IsByConfiguration => !IsComplete && Reason == PodFailurePolicy;
}
