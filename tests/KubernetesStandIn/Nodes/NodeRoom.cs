using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Nodes;

/// <summary>What is left on a node, pod by pod: kept up as pods come and go.</summary>
internal sealed class NodeRoom
{
    private readonly Dictionary<string, (Quantity Cpu, Quantity Memory)> _pods = [];
    private Quantity _cpu = Quantity.Zero;
    private Quantity _memory = Quantity.Zero;

    private int _places;

    /// <summary>Null while there are pods of a node that is not there.</summary>
    public JsonObject? Node { get; private set; }

    public Quantity AllocatableCpu { get; private set; }

    public Quantity AllocatableMemory { get; private set; }

    public Quantity FreeCpu => AllocatableCpu - _cpu;

    public Quantity FreeMemory => AllocatableMemory - _memory;

    public int FreePods => _places - _pods.Count;

    public void Become(JsonObject? node)
    {
        Node = node;
        AllocatableCpu = Quantity.Parse(node.Text("status", "allocatable", "cpu"));
        AllocatableMemory = Quantity.Parse(node.Text("status", "allocatable", "memory"));
        _places = (int)Quantity.Parse(node.Text("status", "allocatable", "pods")).Value;
    }

    public void Take(JsonObject pod)
    {
        if (!_pods.TryAdd(pod.Uid(), (PodResources.Requests(pod, "cpu"), PodResources.Requests(pod, "memory"))))
            return;
        (_cpu, _memory) = (_cpu + _pods[pod.Uid()].Cpu, _memory + _pods[pod.Uid()].Memory);
    }

    public bool Release(JsonObject pod)
    {
        if (!_pods.Remove(pod.Uid(), out var had))
            return false;
        (_cpu, _memory) = (_cpu - had.Cpu, _memory - had.Memory);
        return true;
    }
}
