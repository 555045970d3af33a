using System.Globalization;
using k8s.Models;

namespace Migration.Coordinator.Scaling.Kubernetes;

/// <summary>What matters of a worker's pod.</summary>
/// <param name="JobUid">Of the Job that it belongs to.</param>
/// <param name="Index">Its worker's number, from 0; -1 where it has none.</param>
/// <param name="Detail">What Kubernetes says about its state; null where it says nothing.</param>
/// <param name="ExitCode">Of the container that ended with another than 0.</param>
internal sealed record WorkerPod(
    string Name, string Uid, string? JobUid, int Index, DateTime? CreatedAt, PodState State, string? Detail, int? ExitCode)
{
    private const string IndexAnnotation = "batch.kubernetes.io/job-completion-index";

    private static readonly string[] ImageReasons =
        ["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed"];

    private static readonly string[] JustStarting = ["ContainerCreating", "PodInitializing"];

    /// <summary>Still on its way to work, or at it.</summary>
    public bool IsAlive => State is not (PodState.Succeeded or PodState.Failed or PodState.Disrupted);

    public static WorkerPod Of(V1Pod pod)
    {
        var (state, detail, code) = StateOf(pod);
        var metadata = pod.Metadata;
        return new WorkerPod(
            metadata.Name, metadata.Uid, metadata.OwnerReferences?.FirstOrDefault(owner => owner.Controller == true)?.Uid,
            IndexOf(metadata), metadata.CreationTimestamp, state, detail, code);
    }

    private static int IndexOf(V1ObjectMeta metadata)
    {
        var text = metadata.Annotations?.TryGetValue(IndexAnnotation, out var annotation) == true ? annotation
            : metadata.Labels?.TryGetValue(IndexAnnotation, out var label) == true ? label : null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : -1;
    }

    private static (PodState State, string? Detail, int? ExitCode) StateOf(V1Pod pod)
    {
        var status = pod.Status ?? new V1PodStatus();
        if (status.Phase == "Succeeded")
            return (PodState.Succeeded, null, null);
        if (status.Phase == "Failed")
            return Ended(status, wasToldToStop: pod.Metadata.DeletionTimestamp is not null);
        if (pod.Metadata.DeletionTimestamp is not null)
            return (PodState.Leaving, null, null);
        if (Condition(status, "PodScheduled") is { Status: "False" } unscheduled)
            return (PodState.Unschedulable, unscheduled.Message ?? unscheduled.Reason, null);
        if (Waiting(status) is { } waiting)
            return (ImageReasons.Contains(waiting.Reason) ? PodState.NoImage : PodState.CannotStart, Text(waiting), null);
        return (Condition(status, "Ready")?.Status == "True" ? PodState.Ready : PodState.Starting, null, null);
    }

    /// <summary>What a node's end, an eviction, a preemption or somebody who deleted the pod did is not the worker's fault.</summary>
    private static (PodState State, string? Detail, int? ExitCode) Ended(V1PodStatus status, bool wasToldToStop)
    {
        if (Condition(status, "DisruptionTarget") is { Status: "True" } disruption)
            return (PodState.Disrupted, disruption.Message ?? disruption.Reason, null);
        var ended = Containers(status).Select(container => container.State?.Terminated).FirstOrDefault(state => state is { ExitCode: not 0 });
        var isDisrupted = wasToldToStop || ended?.ExitCode == Worker.ExitCode.Interrupted;
        return (isDisrupted ? PodState.Disrupted : PodState.Failed, ended is null ? status.Message ?? status.Reason : LastWords(ended), ended?.ExitCode);
    }

    private static string? LastWords(V1ContainerStateTerminated ended)
        => ended.Message?.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault()
            ?? (ended.Reason is null or "Error" ? null : ended.Reason);

    private static V1ContainerStateWaiting? Waiting(V1PodStatus status)
        => Containers(status).Select(container => container.State?.Waiting)
            .FirstOrDefault(waiting => waiting?.Reason is { } reason && !JustStarting.Contains(reason));

    private static string Text(V1ContainerStateWaiting waiting)
        => string.IsNullOrWhiteSpace(waiting.Message) ? waiting.Reason : $"{waiting.Reason}: {waiting.Message}";

    private static IEnumerable<V1ContainerStatus> Containers(V1PodStatus status)
        => (status.InitContainerStatuses ?? []).Concat(status.ContainerStatuses ?? []);

    private static V1PodCondition? Condition(V1PodStatus status, string type)
        => status.Conditions?.FirstOrDefault(condition => condition.Type == type);
}

/// <summary>How far a worker's pod is.</summary>
internal enum PodState
{
    /// <summary>It runs and says that it can work.</summary>
    Ready,

    /// <summary>On a node, and not ready yet.</summary>
    Starting,

    /// <summary>No node has room for it.</summary>
    Unschedulable,

    /// <summary>Its image cannot be had.</summary>
    NoImage,

    /// <summary>Its container cannot be made or started: a Secret is missing, or it ends again and again.</summary>
    CannotStart,

    /// <summary>It was told to stop.</summary>
    Leaving,

    /// <summary>It ended in order.</summary>
    Succeeded,

    /// <summary>It ended by itself, and not in order.</summary>
    Failed,

    /// <summary>It was preempted, evicted or told to stop, or lost with its node.</summary>
    Disrupted,
}
