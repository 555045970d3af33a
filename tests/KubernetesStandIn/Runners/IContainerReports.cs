namespace Migration.KubernetesStandIn.Runners;

/// <summary>What a runner tells the cluster about a container, from any thread.</summary>
public interface IContainerReports
{
    void Ready(bool isReady);

    /// <param name="reason">Null: <c>Completed</c> for 0, else <c>Error</c>.</param>
    void Exited(int exitCode, string? reason = null);

    /// <summary>Does something later, in the cluster's time.</summary>
    void After(TimeSpan delay, Action action);
}
