using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Nodes;

/// <summary>What is left on a node, pod by pod: kept up as pods come and go.</summary>
internal sealed class NodeRoom
{
    private readonly Dictionary<string, (Quantity Cpu, Quantity Memory)> _pods = [];
    private Quantity _cpu = Quantity.Zero;
    private Quantity _memory = Quantity.Zero;

    /// <summary>Null while there are pods of a node that is not there.</summary>
    public JsonObject? Node { get; set; }

    public Quantity AllocatableCpu => Quantity.Parse(Node.Text("status", "allocatable", "cpu"));

    public Quantity AllocatableMemory => Quantity.Parse(Node.Text("status", "allocatable", "memory"));

    public Quantity FreeCpu => AllocatableCpu - _cpu;

    public Quantity FreeMemory => AllocatableMemory - _memory;

    public int FreePods => (int)Quantity.Parse(Node.Text("status", "allocatable", "pods")).Value - _pods.Count;

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
