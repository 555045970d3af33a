using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Nodes;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Admission;

/// <summary>Resource quotas: what a namespace's pods and Jobs may have together.</summary>
internal static class Quotas
{
    /// <exception cref="ApiError">The pod would exceed one; the message names all that it would exceed in it.</exception>
    public static void Check(ObjectStore store, JsonObject pod)
    {
        foreach (var quota in store.List(ResourceTypes.Quotas, pod.Namespace()).ToList())
            Check(store, quota.Value, pod.Name(), pod, ResourceTypes.Pods);
    }

    public static void CheckJob(ObjectStore store, JsonObject job)
    {
        foreach (var quota in store.List(ResourceTypes.Quotas, job.Namespace()).ToList())
            Check(store, quota.Value, job.Name(), job, ResourceTypes.Jobs);
    }

    /// <summary>What counts against the quota's limits now, as its status says it.</summary>
    public static JsonObject Used(ObjectStore store, JsonObject quota)
    {
        var used = new JsonObject();
        foreach (var (resource, _) in quota.Pairs("spec", "hard"))
            used[resource] = Used(store, quota.Namespace(), resource).ToString();
        return used;
    }

    private static void Check(ObjectStore store, JsonObject quota, string name, JsonObject thing, ResourceType type)
    {
        var exceeded = new List<(string Resource, Quantity Asked, Quantity Used, Quantity Hard)>();
        foreach (var (resource, text) in quota.Pairs("spec", "hard").OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var asked = Asked(resource, thing, type);
            if (asked.Value == 0)
            {
                CheckStated(quota, resource, name, thing, type);
                continue;
            }

            var (used, hard) = (Used(store, thing.Namespace(), resource), Quantity.Parse(text));
            if (used + asked > hard)
                exceeded.Add((resource, asked, used, hard));
        }

        if (exceeded.Count == 0)
            return;
        throw ApiError.Forbidden(
            type, name,
            $"exceeded quota: {quota.Name()}, requested: {List(one => one.Asked)}, used: {List(one => one.Used)}, limited: {List(one => one.Hard)}");

        string List(Func<(string Resource, Quantity Asked, Quantity Used, Quantity Hard), Quantity> part) =>
            string.Join(',', exceeded.Select(one => $"{one.Resource}={part(one)}"));
    }

    // A quota over requests or limits forbids pods that state none.
    private static void CheckStated(JsonObject quota, string resource, string name, JsonObject thing, ResourceType type)
    {
        if (type != ResourceTypes.Pods || Split(resource) is not ({ } side, { } plain))
            return;
        var silent = thing.Items("spec", "containers").Where(container => container.At("resources", side, plain) is null).ToList();
        if (silent.Count > 0)
        {
            throw ApiError.Forbidden(
                type, name,
                $"failed quota: {quota.Name()}: must specify {resource} for: {string.Join(',', silent.Select(one => one.Text("name")))}");
        }
    }

    private static Quantity Asked(string resource, JsonObject thing, ResourceType type)
    {
        if (type == ResourceTypes.Jobs)
            return new Quantity(resource == "count/jobs.batch" ? 1 : 0, false);
        if (resource is "pods" or "count/pods")
            return new Quantity(1, false);
        return Split(resource) is ({ } side, { } plain)
            ? side == "limits" ? PodResources.Limits(thing, plain) : PodResources.Requests(thing, plain)
            : Quantity.Zero;
    }

    private static Quantity Used(ObjectStore store, string @namespace, string resource)
    {
        if (resource == "count/jobs.batch")
            return new Quantity(store.List(ResourceTypes.Jobs, @namespace).Count(), false);
        var pods = store.List(ResourceTypes.Pods, @namespace).Select(pod => pod.Value);
        return pods.Where(pod => resource == "count/pods" || pod.Text("status", "phase") is not ("Succeeded" or "Failed"))
            .Aggregate(Quantity.Zero, (sum, pod) => sum + Asked(resource, pod, ResourceTypes.Pods));
    }

    private static (string? Side, string? Resource) Split(string resource) => resource switch
    {
        "cpu" or "memory" => ("requests", resource),
        _ when resource.StartsWith("requests.", StringComparison.Ordinal) => ("requests", resource["requests.".Length..]),
        _ when resource.StartsWith("limits.", StringComparison.Ordinal) => ("limits", resource["limits.".Length..]),
        _ => (null, null),
    };
}
