using k8s.Models;

namespace Migration.KubernetesStandIn.Runners;

/// <param name="Pod">As the API has it now.</param>
/// <param name="Environment">Values, references to secrets, config maps and the pod's own fields, all resolved.</param>
/// <param name="Restarts">How often the container was started before in this pod.</param>
public sealed record ContainerStart(
    V1Pod Pod, V1Container Container, IReadOnlyDictionary<string, string> Environment, int Restarts)
{
    public string PodName => Pod.Metadata.Name;

    /// <summary>Of an Indexed Job's pod, else null.</summary>
    public int? Index =>
        Pod.Metadata.Annotations?.TryGetValue("batch.kubernetes.io/job-completion-index", out var text) == true ? int.Parse(text) : null;

    /// <summary>How many pods of this index failed before, as the Job counts them.</summary>
    public int FailuresBefore =>
        Pod.Metadata.Annotations?.TryGetValue("batch.kubernetes.io/job-index-failure-count", out var text) == true ? int.Parse(text) : 0;
}
