using Migration.Contracts.Ledger;
using Migration.Coordinator.Scaling.Kubernetes;

namespace Migration.Coordinator.Runs;

/// <summary>What the user asked for on the command line of <c>run</c> or <c>replay</c>.</summary>
/// <param name="Name">The run's name; null for the file's.</param>
/// <param name="Workers">How many workers to start.</param>
/// <param name="LogFolder">Where local workers log; null for a folder of the run's name below the temporary folder.</param>
internal sealed record RunRequest(string? Name, int Workers, WorkerPlace? Place, string? LogFolder, bool Debug)
{
    /// <summary>Null where the workers are not on Kubernetes.</summary>
    public KubernetesRequest? Kubernetes { get; init; }

    /// <summary>The worker Job, with <see cref="Kubernetes"/>.</summary>
    public WorkerJobTemplate? Template { get; init; }
}
