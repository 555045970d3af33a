using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Nodes;

/// <summary>The parts of a pod's status.</summary>
internal static class PodStatus
{
    public static JsonObject Condition(
        JsonObject pod, string type, bool isTrue, DateTimeOffset now, string? reason = null, string? message = null)
    {
        var condition = new JsonObject
        {
            ["type"] = type,
            ["observedGeneration"] = pod.Number("metadata", "generation") ?? 1,
            ["status"] = isTrue ? "True" : "False",
            ["lastProbeTime"] = null,
            ["lastTransitionTime"] = now.ToApiTime(),
        };
        if (reason is not null)
            condition["reason"] = reason;
        if (message is not null)
            condition["message"] = message;
        return condition;
    }

    /// <summary>Says that somebody other than the pod ends it; such an end is no failure of the Job's.</summary>
    public static void Disrupt(JsonObject pod, string reason, string message, DateTimeOffset now)
    {
        var condition = Condition(pod, "DisruptionTarget", true, now, reason, message);
        condition.Remove("observedGeneration");
        pod.SetCondition(condition);
    }

    /// <summary>The kubelet has seen the pod as it is now.</summary>
    public static void Observe(JsonObject pod)
    {
        var generation = pod.Number("metadata", "generation") ?? 1;
        pod.Ensure("status")["observedGeneration"] = generation;
        foreach (var condition in pod.Items("status", "conditions").Where(condition => condition.Text("type") != "DisruptionTarget"))
            condition["observedGeneration"] = generation;
    }

    /// <summary>Ready or not, as the containers are.</summary>
    public static void SetReadiness(JsonObject pod, IReadOnlyList<string> unready, DateTimeOffset now)
    {
        var (reason, message) = unready.Count == 0
            ? (null, null)
            : ("ContainersNotReady", (string?)$"containers with unready status: [{string.Join(' ', unready)}]");
        pod.SetCondition(Condition(pod, "Ready", unready.Count == 0, now, reason, message));
        pod.SetCondition(Condition(pod, "ContainersReady", unready.Count == 0, now, reason, message));
    }

    /// <summary>All containers have ended.</summary>
    public static void Close(JsonObject pod, bool hasSucceeded, DateTimeOffset now)
    {
        var reason = hasSucceeded ? "PodCompleted" : "PodFailed";
        pod.SetCondition(Condition(pod, "Initialized", true, now, hasSucceeded ? reason : null));
        pod.SetCondition(Condition(pod, "Ready", false, now, reason));
        pod.SetCondition(Condition(pod, "ContainersReady", false, now, reason));
    }

    /// <summary>Nothing of the pod is left on its node.</summary>
    public static void End(JsonObject pod, bool hasSucceeded, DateTimeOffset now)
    {
        pod.Ensure("status")["phase"] = hasSucceeded ? "Succeeded" : "Failed";
        pod.SetCondition(Condition(pod, "PodReadyToStartContainers", false, now));
    }
}
