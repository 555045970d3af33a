using System.Text.Json.Nodes;
using k8s;
using k8s.Models;

namespace Migration.KubernetesStandIn.Admission;

/// <summary>Pods that an admission web hook of the cluster's owner would refuse, as the test says.</summary>
public sealed class PodRefusals
{
    /// <summary>Returns the web hook's whole message for a pod that it refuses, else null.</summary>
    public Func<V1Pod, string?>? Rule { get; set; }

    internal string? Why(JsonObject pod) => Rule?.Invoke(KubernetesJson.Deserialize<V1Pod>(pod.ToJsonString()));
}
