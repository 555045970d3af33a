using k8s.Models;

namespace Migration.Coordinator.Planning;

/// <summary>What a namespace's quotas and limit ranges leave to workers.</summary>
internal static class NamespaceLimits
{
    /// <param name="present">Workers of this Job that are there already: what they hold is theirs.</param>
    public static IEnumerable<ClusterWall> OfQuotas(IEnumerable<V1ResourceQuota> quotas, WorkerNeeds needs, int present)
    {
        foreach (var quota in quotas)
        {
            foreach (var (resource, hard) in quota.Status?.Hard ?? quota.Spec?.Hard ?? new Dictionary<string, ResourceQuantity>())
            {
                if (OfQuota(quota, resource, hard.ToDecimal(), needs, present) is { } wall)
                    yield return wall;
            }
        }
    }

    /// <summary>Sentences about containers that a limit range would refuse: then no worker would start.</summary>
    public static IEnumerable<string> OfLimitRanges(IEnumerable<V1LimitRange> ranges, WorkerNeeds needs)
    {
        foreach (var range in ranges)
        {
            foreach (var limit in (range.Spec?.Limits ?? []).Where(limit => limit.Type is "Container" or "Pod"))
            {
                foreach (var fault in Faults(limit, needs))
                    yield return $"limit range '{range.Metadata.Name}' would refuse every worker: {fault}. Change the worker's resources.";
            }
        }
    }

    private static ClusterWall? OfQuota(V1ResourceQuota quota, string resource, decimal hard, WorkerNeeds needs, int present)
    {
        var need = Need(resource, needs);
        if (need is null)
            return null;
        var what = $"quota '{quota.Metadata.Name}': {resource}";
        var remedy = $"Raise {resource} of the quota, or free some of it.";
        if (need == 0)
        {
            // A quota on a request or a limit forbids pods that state none.
            return new ClusterWall(what, 0, "workers state none, and the quota forbids pods that do not", $"State {resource} in the worker's resources.");
        }

        var used = Amount(quota.Status?.Used, resource) - (need.Value * present);
        var left = Math.Max(0, hard - Math.Max(0, used));
        return new ClusterWall(
            what, (long)(left / need.Value),
            $"{ResourceText.Of(resource, left)} of {ResourceText.Of(resource, hard)} left, {ResourceText.Of(resource, need.Value)} a worker", remedy);
    }

    private static decimal? Need(string resource, WorkerNeeds needs) => resource switch
    {
        "pods" or "count/pods" => 1,
        "cpu" or "memory" or "ephemeral-storage" => needs.Requests.GetValueOrDefault(resource),
        _ when resource.StartsWith("requests.", StringComparison.Ordinal) && !resource.EndsWith(".storage", StringComparison.Ordinal)
            => needs.Requests.GetValueOrDefault(resource["requests.".Length..]),
        _ when resource.StartsWith("limits.", StringComparison.Ordinal) => needs.Limits.GetValueOrDefault(resource["limits.".Length..]),
        _ => null,
    };

    private static decimal Amount(IDictionary<string, ResourceQuantity>? amounts, string resource) =>
        amounts?.TryGetValue(resource, out var amount) == true ? amount.ToDecimal() : 0;

    private static IEnumerable<string> Faults(V1LimitRangeItem limit, WorkerNeeds needs)
    {
        foreach (var (resource, most) in limit.Max ?? new Dictionary<string, ResourceQuantity>())
        {
            var asked = Largest(limit.Type, needs, resource, isLimit: true);
            if (asked is null || asked > most.ToDecimal())
                yield return $"at most {ResourceText.Of(resource, most.ToDecimal())} {resource} a {Word(limit)}, {Stated(resource, asked, "limit")}";
        }

        foreach (var (resource, least) in limit.Min ?? new Dictionary<string, ResourceQuantity>())
        {
            var asked = Largest(limit.Type, needs, resource, isLimit: false);
            if (asked is null || asked < least.ToDecimal())
                yield return $"at least {ResourceText.Of(resource, least.ToDecimal())} {resource} a {Word(limit)}, {Stated(resource, asked, "request")}";
        }
    }

    private static string Word(V1LimitRangeItem limit) => limit.Type == "Pod" ? "pod" : "container";

    private static string Stated(string resource, decimal? asked, string what) =>
        asked is null ? $"and a worker has no {what}" : $"and a worker's {what} is {ResourceText.Of(resource, asked.Value)}";

    // Of containers the one that is furthest out; the pod's is the sum.
    private static decimal? Largest(string type, WorkerNeeds needs, string resource, bool isLimit)
    {
        if (type == "Pod")
            return (isLimit ? needs.Limits : needs.Requests).TryGetValue(resource, out var sum) ? sum : null;
        var stated = needs.Pod.Containers.Select(container => isLimit
            ? Find(container.Resources?.Limits, resource) ?? Only(needs, needs.Limits, resource)
            : Find(container.Resources?.Requests, resource) ?? Find(container.Resources?.Limits, resource) ?? Only(needs, needs.Requests, resource)).ToList();
        return stated.Any(amount => amount is null) ? null : isLimit ? stated.Max() : stated.Min();
    }

    private static decimal? Only(WorkerNeeds needs, IReadOnlyDictionary<string, decimal> sums, string resource) =>
        needs.Pod.Containers.Count == 1 && sums.TryGetValue(resource, out var amount) ? amount : null;

    private static decimal? Find(IDictionary<string, ResourceQuantity>? amounts, string resource) =>
        amounts?.TryGetValue(resource, out var amount) == true ? amount.ToDecimal() : null;
}
