namespace Migration.KubernetesStandIn.Runners;

/// <summary>Pretends containers: what each does is said by <see cref="Script"/> when it starts.</summary>
public sealed class ScriptedPods : IPodRunner
{
    /// <summary>Called for each container that starts. May be changed at any time; it holds for those that start afterwards.</summary>
    public Func<ContainerStart, PodScript> Script { get; set; } = _ => new PodScript();

    public IRunningContainer Start(ContainerStart start, IContainerReports reports)
    {
        var script = Script(start);
        if (script.ReadyAfter is { } ready)
            reports.After(ready, () => reports.Ready(true));
        if (script.RunsFor is { } end)
            reports.After(end, () => reports.Exited(script.ExitCode, script.Reason));
        return new Pretended(script, reports);
    }

    private sealed class Pretended(PodScript script, IContainerReports reports) : IRunningContainer
    {
        public string Log => "";

        public void Terminate()
        {
            if (script.StopsAfter is { } delay)
                reports.After(delay, () => reports.Exited(script.StopExitCode));
        }

        public void Kill() => reports.After(TimeSpan.Zero, () => reports.Exited(137));
    }
}
