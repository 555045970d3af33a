using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Runners;
using Migration.KubernetesStandIn.Simulation;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Nodes;

/// <summary>The kubelets of all nodes: they take up the pods that are bound to their nodes, and let them go.</summary>
internal sealed class Kubelet
{
    private readonly World _world;
    private readonly Dictionary<string, PodOnNode> _pods = [];
    private readonly HashSet<string> _dead = [];
    private int _addresses = 1;

    public Kubelet(World world, IPodRunner runner, KubeletFaults faults)
    {
        (_world, Runner, Faults) = (world, runner, faults);
        Environment = new PodEnvironment(world.Store);
        world.Store.Changed += Note;
    }

    public IPodRunner Runner { get; }

    public KubeletFaults Faults { get; }

    public PodEnvironment Environment { get; }

    public World World => _world;

    public string? LogOf(JsonObject pod, string? container) => _pods.GetValueOrDefault(pod.Uid())?.LogOf(container);

    public string NextAddress()
    {
        var number = _addresses++;
        return $"10.{244 + (number >> 16)}.{(number >> 8) & 255}.{number & 255}";
    }

    public bool IsAlive(string node) => !_dead.Contains(node);

    /// <summary>The node's power is gone: its containers end, and nobody says so.</summary>
    public void Kill(string node)
    {
        _dead.Add(node);
        foreach (var pod in _pods.Values.Where(pod => pod.Node == node))
            pod.Vanish();
    }

    /// <summary>It is back, and its kubelet finds that the containers have ended.</summary>
    public void Revive(string node)
    {
        if (!_dead.Remove(node))
            return;
        foreach (var pod in _pods.Values.Where(pod => pod.Node == node).ToList())
            pod.ComeBack();
    }

    private void Note(StoreChange change)
    {
        if (change.Type != ResourceTypes.Pods)
            return;
        var pod = change.After.Value;
        if (change.Kind == ChangeKind.Deleted)
        {
            if (_pods.Remove(pod.Uid(), out var gone))
                gone.Vanish();
            return;
        }

        if (pod.Text("spec", "nodeName") is { } node && !_pods.ContainsKey(pod.Uid()) && pod.Text("status", "phase") is "Pending")
        {
            var taken = _pods[pod.Uid()] = new PodOnNode(this, change.After, node);
            _world.Time.Soon(taken.Arrive);
        }

        if (pod.IsGoing() && change.Before?.Value.At("metadata", "deletionGracePeriodSeconds")?.ToString()
            != pod.At("metadata", "deletionGracePeriodSeconds")?.ToString() && _pods.TryGetValue(pod.Uid(), out var going))
        {
            _world.Time.Soon(going.Stop);
        }
    }
}
