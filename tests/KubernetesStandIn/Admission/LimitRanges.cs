using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Nodes;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Admission;

/// <summary>Limit ranges: defaults for containers that state no resources, and bounds for those that do.</summary>
internal static class LimitRanges
{
    /// <exception cref="ApiError">A container, or the pod, is outside a bound.</exception>
    public static void Apply(ObjectStore store, JsonObject pod)
    {
        var limits = store.List(ResourceTypes.LimitRanges, pod.Namespace())
            .SelectMany(range => range.Value.Items("spec", "limits")).ToList();
        foreach (var limit in limits.Where(limit => limit.Text("type") == "Container"))
        {
            foreach (var container in pod.Items("spec", "containers"))
                SetDefaults(limit, container);
        }

        var faults = limits.SelectMany(limit => Faults(limit, pod)).ToList();
        if (faults.Count > 0)
            throw ApiError.Forbidden(ResourceTypes.Pods, pod.Name(), faults.Count == 1 ? faults[0] : $"[{string.Join(", ", faults)}]");
    }

    private static void SetDefaults(JsonObject limit, JsonObject container)
    {
        foreach (var (resource, amount) in limit.Pairs("default"))
            container.Ensure("resources", "limits").Default(resource, amount);
        foreach (var (resource, amount) in limit.Pairs("defaultRequest"))
            container.Ensure("resources", "requests").Default(resource, amount);
    }

    private static IEnumerable<string> Faults(JsonObject limit, JsonObject pod)
    {
        if (limit.Text("type") == "Container")
            return pod.Items("spec", "containers").SelectMany(container => Faults(limit, "Container", (side, resource) => Stated(container, side, resource)));
        if (limit.Text("type") != "Pod")
            return [];
        return Faults(limit, "Pod", (side, resource) =>
        {
            var sum = side == "limits" ? PodResources.Limits(pod, resource) : PodResources.Requests(pod, resource);
            return sum.Value == 0 ? null : sum;
        });
    }

    private static Quantity? Stated(JsonObject container, string side, string resource)
    {
        var stated = container.Text("resources", side, resource);
        // A request that is left out is as large as the limit.
        if (stated is null && side == "requests")
            stated = container.Text("resources", "limits", resource);
        return stated is null ? null : Quantity.Parse(stated);
    }

    private static IEnumerable<string> Faults(JsonObject limit, string what, Func<string, string, Quantity?> stated)
    {
        foreach (var (resource, amount) in limit.Pairs("min"))
        {
            var request = stated("requests", resource);
            if (request is null)
                yield return $"minimum {resource} usage per {what} is {amount}, but no request is specified";
            else if (request.Value < Quantity.Parse(amount))
                yield return $"minimum {resource} usage per {what} is {amount}, but request is {request}";
        }

        foreach (var (resource, amount) in limit.Pairs("max"))
        {
            var most = stated("limits", resource);
            if (most is null)
                yield return $"maximum {resource} usage per {what} is {amount}, but no limit is specified";
            else if (most.Value > Quantity.Parse(amount))
                yield return $"maximum {resource} usage per {what} is {amount}, but limit is {most}";
        }
    }
}
