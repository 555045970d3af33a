using k8s.Models;

namespace Migration.Coordinator.Scaling.Kubernetes;

/// <summary>A warning about the Job or one of its pods.</summary>
/// <param name="AboutUid">Of the Job or pod.</param>
internal sealed record ClusterEvent(string AboutUid, EventKind Kind, string Message, DateTime? At)
{
    /// <summary>Null for what says nothing about why a worker does not come up.</summary>
    public static ClusterEvent? Of(Corev1Event warning)
    {
        EventKind? kind = warning.Reason switch
        {
            "FailedCreate" => EventKind.NotCreated,
            "FailedCreatePodSandBox" => EventKind.NoSandbox,
            "FailedMount" or "FailedAttachVolume" => EventKind.NoVolume,
            _ => null,
        };
        return kind is { } known && warning.InvolvedObject?.Uid is { } uid
            ? new ClusterEvent(uid, known, warning.Message ?? warning.Reason, TimeOf(warning))
            : null;
    }

    private static DateTime? TimeOf(Corev1Event warning)
        => warning.Series?.LastObservedTime ?? warning.LastTimestamp ?? warning.EventTime ?? warning.Metadata.CreationTimestamp;
}

/// <summary>What a warning tells.</summary>
internal enum EventKind
{
    /// <summary>The Job's controller may not create a pod: a quota, a limit range, an admission hook.</summary>
    NotCreated,

    /// <summary>The node cannot give the pod a network; mostly it has no address left.</summary>
    NoSandbox,

    /// <summary>A volume cannot be mounted; mostly a Secret or ConfigMap is missing.</summary>
    NoVolume,
}
