namespace Migration.KubernetesStandIn.Runners;

/// <summary>Runs the containers of pods: pretended ones in the cluster's own time, or processes on this machine.</summary>
public interface IPodRunner
{
    /// <summary>Called under the cluster's lock: it must not wait, and it must not call the cluster back from within.</summary>
    IRunningContainer Start(ContainerStart start, IContainerReports reports);
}
