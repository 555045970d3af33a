using k8s.Models;

namespace Migration.Coordinator.Planning;

/// <summary>How many workers the nodes have room for together, and what on them runs out first.</summary>
internal static class NodeWalls
{
    /// <param name="pods">Of all namespaces, that have not ended, without this Job's own.</param>
    public static IEnumerable<ClusterWall> Of(IReadOnlyList<V1Node> nodes, IReadOnlyList<V1Pod> pods, WorkerNeeds needs)
    {
        var byNode = pods.ToLookup(pod => pod.Spec.NodeName);
        var usable = nodes.Where(node => NodeChoice.WhyNot(node, needs.Pod) is null)
            .Select(node => NodeRoom.Of(node, [.. byNode[node.Metadata.Name]])).ToList();
        var where = $"{usable.Count:N0} of {nodes.Count:N0} node{(nodes.Count == 1 ? "" : "s")} may take workers";
        var scarce = Scarce(usable, needs).OrderBy(one => one.Workers).First();
        yield return new ClusterWall(
            $"nodes: {scarce.What}", usable.Sum(node => node.Workers(needs)), $"{where}; {scarce.Why}{Left(nodes, needs)}",
            $"Add nodes{(scarce.IsRequest ? ", or lower the worker's requests" : "")}.");
    }

    private static IEnumerable<(string What, long Workers, string Why, bool IsRequest)> Scarce(List<NodeRoom> nodes, WorkerNeeds needs)
    {
        yield return ("pods", nodes.Sum(node => (long)node.FreePods), $"they may hold {nodes.Sum(node => (long)node.FreePods):N0} more pods", false);
        if (nodes.Exists(node => node.FreeAddresses is not null))
        {
            var addresses = nodes.Sum(node => Math.Max(0, node.FreeAddresses ?? node.FreePods));
            yield return ("pod addresses", addresses, $"their pod networks have {addresses:N0} addresses left", false);
        }

        foreach (var (resource, need) in needs.Requests.Where(pair => pair.Value > 0))
        {
            var free = nodes.Sum(node => Math.Max(0, node.Free.GetValueOrDefault(resource)));
            yield return (
                resource, nodes.Sum(node => node.WorkersBy(resource, needs)),
                $"{ResourceText.Of(resource, free)} {resource} is not requested by other pods, {ResourceText.Of(resource, need)} a worker", true);
        }
    }

    private static string Left(IReadOnlyList<V1Node> nodes, WorkerNeeds needs)
    {
        var reasons = nodes.Select(node => NodeChoice.WhyNot(node, needs.Pod)).OfType<string>().GroupBy(reason => reason)
            .OrderByDescending(group => group.Count()).Select(group => $"{group.Count():N0} {(group.Count() == 1 ? "is" : "are")} {group.Key}");
        var text = string.Join("; ", reasons);
        return text.Length == 0 ? "" : $"; {text}";
    }
}
