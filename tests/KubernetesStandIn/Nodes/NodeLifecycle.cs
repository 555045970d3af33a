using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Simulation;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Nodes;

/// <summary>
/// Nodes come, fall silent, come back and go. Pods of a node that is silent are deleted when their toleration ends, and
/// stay until the node is back or gone; pods of a node that is gone are failed by the pod collector.
/// </summary>
internal sealed class NodeLifecycle
{
    private const string Unreachable = "node.kubernetes.io/unreachable";
    private static readonly TimeSpan Collection = TimeSpan.FromSeconds(20);

    private readonly World _world;
    private readonly Kubelet _kubelet;
    private int _nodes;

    public NodeLifecycle(World world, Kubelet kubelet)
    {
        (_world, _kubelet) = (world, kubelet);
        world.Store.Changed += Note;
    }

    public void Add(string name, string cpu, string memory, int pods, IReadOnlyDictionary<string, string>? labels, IEnumerable<JsonObject> taints)
    {
        var number = ++_nodes;
        var address = $"192.0.{2 + (number >> 8)}.{(number & 255) + 1}";
        var node = new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = Labels(name, labels) },
            ["spec"] = new JsonObject { ["podCIDR"] = $"10.244.{number & 255}.0/24" },
            ["status"] = new JsonObject
            {
                ["capacity"] = Room(cpu, memory, pods),
                ["allocatable"] = Room(cpu, memory, pods),
                ["addresses"] = new JsonArray(
                    new JsonObject { ["type"] = "InternalIP", ["address"] = address },
                    new JsonObject { ["type"] = "Hostname", ["address"] = name }),
                ["nodeInfo"] = new JsonObject { ["kubeletVersion"] = "v1.36.2", ["operatingSystem"] = "linux", ["architecture"] = "amd64" },
            },
        };
        if (taints.ToArray<JsonNode>() is { Length: > 0 } list)
            node.Ensure("spec")["taints"] = new JsonArray(list);
        Describe(node, isReady: true);
        _world.Writer.Create(ResourceTypes.Nodes, node);
    }

    /// <summary>The machine stops: nobody hears of its pods any more.</summary>
    public void Lose(string name)
    {
        _kubelet.Kill(name);
        _world.Writer.Update(ResourceTypes.Nodes, "", name, after =>
        {
            Describe(after, isReady: false);
            after.Ensure("spec")["taints"] = new JsonArray(
                new JsonObject { ["key"] = Unreachable, ["effect"] = "NoSchedule" },
                new JsonObject { ["key"] = Unreachable, ["effect"] = "NoExecute" });
        });
        foreach (var pod in PodsOn(name))
            Forsake(pod);
    }

    public void Return(string name)
    {
        _kubelet.Revive(name);
        _world.Writer.Update(ResourceTypes.Nodes, "", name, after =>
        {
            after.Ensure("spec").Remove("taints");
            Describe(after, isReady: true);
        });
    }

    /// <summary>The node's object is deleted, as when a cloud takes the machine away.</summary>
    public void Remove(string name)
    {
        _kubelet.Kill(name);
        if (_world.Store.Find(ResourceTypes.Nodes, "", name) is { } node)
            _world.Writer.Delete(node, new DeleteRequest());
    }

    private void Note(StoreChange change)
    {
        if (change.Type == ResourceTypes.Nodes && change.Kind == ChangeKind.Deleted)
            _world.Time.After(Collection, () => Collect(change.After.Value.Name()));
    }

    private List<StoredObject> PodsOn(string node) =>
        [.. _world.Store.List(ResourceTypes.Pods, null).Where(pod => pod.Value.Text("spec", "nodeName") == node)];

    private void Forsake(StoredObject pod)
    {
        if (pod.Value.Text("status", "phase") is "Succeeded" or "Failed")
            return;
        _world.Writer.Update(
            ResourceTypes.Pods, pod.Value.Namespace(), pod.Value.Name(),
            after => after.SetCondition(PodStatus.Condition(after, "Ready", false, _world.Now, "NodeNotReady", "Node is not ready")));
        var toleration = pod.Value.Items("spec", "tolerations").FirstOrDefault(one => one.Text("key") == Unreachable).Number("tolerationSeconds");
        _world.Time.After(TimeSpan.FromSeconds(toleration ?? 300), () => Evict(pod));
    }

    private void Evict(StoredObject pod)
    {
        var node = pod.Value.Text("spec", "nodeName")!;
        if (_kubelet.IsAlive(node) || _world.Store.Find(ResourceTypes.Pods, pod.Value.Namespace(), pod.Value.Name()) is not { } now
            || now.Value.Uid() != pod.Value.Uid())
        {
            return;
        }

        var marked = _world.Writer.Update(
            ResourceTypes.Pods, now.Value.Namespace(), now.Value.Name(),
            after => PodStatus.Disrupt(after, "DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint", _world.Now));
        _world.Writer.Delete(marked!, new DeleteRequest());
    }

    private void Collect(string node)
    {
        if (_world.Store.Find(ResourceTypes.Nodes, "", node) is not null)
            return;
        foreach (var pod in PodsOn(node))
        {
            var ended = _world.Writer.Update(ResourceTypes.Pods, pod.Value.Namespace(), pod.Value.Name(), after =>
            {
                if (after.Text("status", "phase") is "Succeeded" or "Failed")
                    return;
                PodStatus.Disrupt(after, "DeletionByPodGC", "PodGC: node no longer exists", _world.Now);
                after.Ensure("status")["phase"] = "Failed";
            });
            _world.Writer.Delete(ended!, new DeleteRequest(GraceSeconds: 0));
        }
    }

    private static JsonObject Room(string cpu, string memory, int pods) => new()
    {
        ["cpu"] = cpu,
        ["ephemeral-storage"] = "267847642337",
        ["memory"] = memory,
        ["pods"] = pods.ToString(),
    };

    private static JsonObject Labels(string name, IReadOnlyDictionary<string, string>? more)
    {
        var labels = new JsonObject
        {
            ["kubernetes.io/hostname"] = name,
            ["kubernetes.io/os"] = "linux",
            ["kubernetes.io/arch"] = "amd64",
        };
        foreach (var (key, value) in more ?? new Dictionary<string, string>())
            labels[key] = value;
        return labels;
    }

    private void Describe(JsonObject node, bool isReady)
    {
        node.SetCondition(Condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"));
        node.SetCondition(Condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"));
        node.SetCondition(Condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"));
        node.SetCondition(isReady
            ? Condition("Ready", "True", "KubeletReady", "kubelet is posting ready status")
            : Condition("Ready", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."));
    }

    private JsonObject Condition(string type, string status, string reason, string message) => new()
    {
        ["type"] = type,
        ["status"] = status,
        ["lastHeartbeatTime"] = _world.Now.ToApiTime(),
        ["lastTransitionTime"] = _world.Now.ToApiTime(),
        ["reason"] = reason,
        ["message"] = message,
    };
}
