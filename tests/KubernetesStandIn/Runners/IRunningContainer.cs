namespace Migration.KubernetesStandIn.Runners;

/// <summary>A container that was started. Its end is told by <see cref="IContainerReports.Exited"/>.</summary>
public interface IRunningContainer
{
    /// <summary>What it has written so far.</summary>
    string Log { get; }

    /// <summary>SIGTERM.</summary>
    void Terminate();

    /// <summary>SIGKILL.</summary>
    void Kill();
}
