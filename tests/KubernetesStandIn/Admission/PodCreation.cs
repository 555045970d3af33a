using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Simulation;
using Migration.KubernetesStandIn.Storage;
using Migration.KubernetesStandIn.Validation;

namespace Migration.KubernetesStandIn.Admission;

/// <summary>What stands between a pod that is asked for and one that is there, in the order of the real admission chain.</summary>
internal sealed class PodCreation(World world, PodRefusals refusals)
{
    /// <exception cref="ApiError">The pod is refused; the message is the one that a Job's event repeats.</exception>
    public StoredObject Create(JsonObject pod)
    {
        pod.Remove("status");
        PodDefaults.Complete(pod);
        world.Writer.NameIt(ResourceTypes.Pods, pod);
        Namespaces.CheckOpen(world.Store, ResourceTypes.Pods, pod);
        SetPriority(pod);
        CheckServiceAccount(pod);
        LimitRanges.Apply(world.Store, pod);
        PodDefaults.SetRequests(pod);
        if (refusals.Why(pod) is { } why)
            throw new ApiError(403, "Forbidden", why);
        Quotas.Check(world.Store, pod);
        pod["status"] = new JsonObject { ["phase"] = "Pending", ["qosClass"] = PodDefaults.QualityOfService(pod) };
        return world.Writer.Create(ResourceTypes.Pods, pod);
    }

    private void SetPriority(JsonObject pod)
    {
        var spec = pod.Ensure("spec");
        if (spec.Text("priorityClassName") is { Length: > 0 } name && !name.StartsWith("system-", StringComparison.Ordinal))
        {
            var found = world.Store.Find(ResourceTypes.PriorityClasses, "", name)
                ?? throw ApiError.Forbidden(ResourceTypes.Pods, pod.Name(), $"no PriorityClass with name {name} was found");
            spec["priority"] = found.Value.Number("value") ?? 0;
        }

        spec.Default("priority", 0);
        spec.Default("preemptionPolicy", "PreemptLowerPriority");
    }

    private void CheckServiceAccount(JsonObject pod)
    {
        var spec = pod.Ensure("spec");
        spec.Default("serviceAccountName", "default");
        spec["serviceAccount"] = spec.Text("serviceAccountName");
        var name = spec.Text("serviceAccountName")!;
        if (world.Store.Find(ResourceTypes.ServiceAccounts, pod.Namespace(), name) is null)
        {
            throw ApiError.Forbidden(
                ResourceTypes.Pods, pod.Name(),
                $"error looking up service account {pod.Namespace()}/{name}: serviceaccount \"{name}\" not found");
        }
    }
}
