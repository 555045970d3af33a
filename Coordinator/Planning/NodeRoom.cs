using System.Globalization;
using k8s.Models;

namespace Migration.Coordinator.Planning;

/// <summary>What one node has left for workers.</summary>
/// <param name="Free">Allocatable less what its pods have requested.</param>
/// <param name="FreePods">Pods that it may still hold.</param>
/// <param name="FreeAddresses">Of its <c>podCIDR</c>; null where the network does not work by that.</param>
internal sealed record NodeRoom(IReadOnlyDictionary<string, decimal> Free, int FreePods, long? FreeAddresses)
{
    // Network, gateway and broadcast are nobody's.
    private const int AddressesTaken = 3;

    /// <param name="pods">That are on it and have not ended, without this Job's own.</param>
    public static NodeRoom Of(V1Node node, IReadOnlyList<V1Pod> pods)
    {
        var free = (node.Status?.Allocatable ?? new Dictionary<string, ResourceQuantity>())
            .ToDictionary(pair => pair.Key, pair => pair.Value.ToDecimal());
        var places = (int)free.GetValueOrDefault("pods");
        foreach (var (resource, amount) in pods.SelectMany(pod => WorkerNeeds.RequestsOf(pod.Spec)))
            free[resource] = free.GetValueOrDefault(resource) - amount;
        var onNetwork = pods.Count(pod => pod.Spec.HostNetwork != true);
        return new NodeRoom(free, Math.Max(0, places - pods.Count), AddressesOf(node.Spec?.PodCIDR) - onNetwork);
    }

    /// <summary>How many workers it has room for, whatever is scarce.</summary>
    public long Workers(WorkerNeeds needs) => Math.Min(Math.Min(FreePods, Math.Max(0, FreeAddresses ?? FreePods)), needs.Requests.Keys
        .Select(resource => WorkersBy(resource, needs)).DefaultIfEmpty(FreePods).Min());

    /// <summary>As if only this resource were scarce.</summary>
    public long WorkersBy(string resource, WorkerNeeds needs) => needs.Requests[resource] is var need and > 0
        ? (long)Math.Max(0, Math.Floor(Free.GetValueOrDefault(resource) / need))
        : FreePods;

    private static long? AddressesOf(string? range) =>
        range is not null && !range.Contains(':', StringComparison.Ordinal)
        && int.TryParse(range[(range.IndexOf('/') + 1)..], CultureInfo.InvariantCulture, out var bits) && bits is > 0 and <= 30
            ? (1L << (32 - bits)) - AddressesTaken
            : null;
}
