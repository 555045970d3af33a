namespace Migration.Coordinator.Scaling.Kubernetes;

/// <summary>What the command line says about the cluster.</summary>
/// <param name="WorkerJob">The worker Job's template, a YAML file.</param>
/// <param name="Namespace">Null for the template's, else the pod's or the context's own.</param>
/// <param name="Context">Of the kubeconfig; null for its current one, or for the cluster that this process runs in.</param>
/// <param name="Kubeconfig">Null for $KUBECONFIG, else <c>~/.kube/config</c>.</param>
/// <param name="Workers">Null for the template's parallelism.</param>
internal sealed record KubernetesRequest(string WorkerJob, string? Namespace, string? Context, string? Kubeconfig, int? Workers)
{
    /// <summary>The pod that this process is in, by the downward API; null outside a cluster.</summary>
    public (string Namespace, string Name)? Pod { get; init; }

    /// <summary>Where the chart mounts it.</summary>
    public const string DefaultWorkerJob = "/etc/migration/worker-job.yaml";
}
