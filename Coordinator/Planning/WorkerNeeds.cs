using k8s.Models;

namespace Migration.Coordinator.Planning;

/// <summary>What one worker's pod asks of a cluster, resource by resource, in cores, bytes or pieces.</summary>
/// <param name="Requests">What a node must have free.</param>
/// <param name="Limits">What it may use at most.</param>
internal sealed record WorkerNeeds(
    V1PodSpec Pod, IReadOnlyDictionary<string, decimal> Requests, IReadOnlyDictionary<string, decimal> Limits)
{
    /// <param name="ranges">Of the namespace: their defaults stand for what the containers do not say.</param>
    public static WorkerNeeds Of(V1PodSpec pod, IEnumerable<V1LimitRange> ranges)
    {
        var defaults = ranges.SelectMany(range => range.Spec?.Limits ?? []).Where(limit => limit.Type == "Container").ToList();
        var containers = pod.Containers.Select(container => Of(container, defaults)).ToList();
        return new WorkerNeeds(
            pod, PodRequests(pod, container => Of(container, defaults).Requests), Sum(containers.Select(one => one.Limits)));
    }

    /// <summary>What a pod that is there has been given.</summary>
    public static IReadOnlyDictionary<string, decimal> RequestsOf(V1PodSpec pod) => PodRequests(pod, container => Of(container, []).Requests);

    // Init containers run one after the other before the rest, so the largest of them counts; one that stays is among the rest.
    private static Dictionary<string, decimal> PodRequests(V1PodSpec pod, Func<V1Container, IReadOnlyDictionary<string, decimal>> requests)
    {
        var init = pod.InitContainers ?? [];
        var sum = Sum(pod.Containers.Concat(init.Where(container => container.RestartPolicy == "Always")).Select(requests));
        foreach (var (resource, amount) in init.Where(container => container.RestartPolicy != "Always").SelectMany(requests))
            sum[resource] = Math.Max(amount, sum.GetValueOrDefault(resource));
        foreach (var (resource, amount) in pod.Overhead ?? new Dictionary<string, ResourceQuantity>())
            sum[resource] = sum.GetValueOrDefault(resource) + amount.ToDecimal();
        return sum;
    }

    private static (Dictionary<string, decimal> Requests, Dictionary<string, decimal> Limits) Of(
        V1Container container, IReadOnlyList<V1LimitRangeItem> defaults)
    {
        var limits = Amounts(container.Resources?.Limits);
        foreach (var (resource, amount) in defaults.SelectMany(item => Amounts(item.DefaultProperty)))
            limits.TryAdd(resource, amount);
        var requests = Amounts(container.Resources?.Requests);
        foreach (var (resource, amount) in defaults.SelectMany(item => Amounts(item.DefaultRequest)).Concat(limits))
            requests.TryAdd(resource, amount);
        return (requests, limits);
    }

    private static Dictionary<string, decimal> Amounts(IDictionary<string, ResourceQuantity>? amounts) =>
        amounts?.ToDictionary(pair => pair.Key, pair => pair.Value.ToDecimal()) ?? [];

    private static Dictionary<string, decimal> Sum(IEnumerable<IReadOnlyDictionary<string, decimal>> parts)
    {
        var sum = new Dictionary<string, decimal>();
        foreach (var (resource, amount) in parts.SelectMany(part => part))
            sum[resource] = sum.GetValueOrDefault(resource) + amount;
        return sum;
    }
}
