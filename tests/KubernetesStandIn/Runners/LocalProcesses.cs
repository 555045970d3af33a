using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Migration.KubernetesStandIn.Runners;

/// <summary>
/// Runs each container's command as a process on this machine, with the container's environment and little else. Images mean
/// nothing. All pods share this machine's network: where a container's environment holds <see cref="PortVariable"/>, each gets
/// a free port there instead, and its probes ask at that one.
/// </summary>
/// <param name="folder">For the logs, one a container and start: <c>POD.CONTAINER.N.log</c>.</param>
/// <remarks>Give the cluster a clock that runs: <see cref="Cluster.RunClock"/>.</remarks>
public sealed class LocalProcesses(string folder) : IPodRunner, IAsyncDisposable
{
    // What a program needs to start at all.
    private static readonly string[] Inherited = ["PATH", "HOME", "TMPDIR", "LANG", "DOTNET_ROOT", "DOTNET_CLI_HOME", "DOTNET_GCHeapHardLimit"];

    private readonly ConcurrentDictionary<LocalContainer, bool> _running = new();

    /// <summary>The name of the variable that holds the port a program listens on; null: none does.</summary>
    public string? PortVariable { get; init; } = "MIGRATION_HTTP_PORT";

    /// <summary>What is run for a container: by default its command and arguments as they are.</summary>
    public Func<ContainerStart, IReadOnlyList<string>> Command { get; init; } =
        start => [.. start.Container.Command ?? [], .. start.Container.Args ?? []];

    /// <summary>Variables beside those of the pod, for what an image would hold.</summary>
    public Func<ContainerStart, IReadOnlyDictionary<string, string>> MoreEnvironment { get; init; } =
        _ => new Dictionary<string, string>();

    /// <summary>The processes that run now, by pod.</summary>
    public IReadOnlyList<(string Pod, int ProcessId)> Running =>
        [.. _running.Keys.Where(container => container.ProcessId is not null).Select(container => (container.PodName, container.ProcessId!.Value))];

    public IRunningContainer Start(ContainerStart start, IContainerReports reports)
    {
        var variables = Environment(start);
        var port = PortVariable is not null && variables.ContainsKey(PortVariable) ? FreePort() : (int?)null;
        if (port is { } free)
            variables[PortVariable!] = free.ToString();
        var log = Path.Combine(folder, $"{start.PodName}.{start.Container.Name}.{start.Restarts}.log");
        Directory.CreateDirectory(folder);
        var container = new LocalContainer(start, Command(start), variables, port, log, reports);
        _running[container] = true;
        container.Ended = () => _running.TryRemove(container, out _);
        container.Start();
        return container;
    }

    /// <summary>Kills what still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var container in _running.Keys)
            container.Kill();
        await Task.WhenAll(_running.Keys.Select(container => container.Completion));
    }

    private Dictionary<string, string> Environment(ContainerStart start)
    {
        var variables = new Dictionary<string, string>();
        foreach (var name in Inherited)
        {
            if (System.Environment.GetEnvironmentVariable(name) is { } value)
                variables[name] = value;
        }

        foreach (var (name, value) in MoreEnvironment(start).Concat(start.Environment))
            variables[name] = value;
        variables["HOSTNAME"] = start.Pod.Spec.Hostname ?? start.PodName;
        return variables;
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
