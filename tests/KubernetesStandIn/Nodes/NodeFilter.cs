using System.Globalization;
using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Nodes;

/// <summary>Why a node cannot take a pod, in the scheduler's words.</summary>
/// <param name="CanFreeUp">Whether the end of other pods could change it.</param>
internal sealed record NodeFilter(IReadOnlyList<string> Reasons, bool CanFreeUp)
{
    /// <summary>Null: the pod fits.</summary>
    public static NodeFilter? Of(JsonObject pod, Quantity cpu, Quantity memory, NodeRoom room)
    {
        var node = room.Node!;
        if (node.Flag("spec", "unschedulable") && !Tolerates(pod, "node.kubernetes.io/unschedulable", "", "NoSchedule"))
            return new(["node(s) were unschedulable"], false);
        if (node.Items("spec", "taints").Any(taint => Keeps(pod, taint)))
            return new(["node(s) had untolerated taint(s)"], false);
        if (!Selects(pod, node))
            return new(["node(s) didn't match Pod's node affinity/selector"], false);
        return Room(cpu, memory, room);
    }

    private static NodeFilter? Room(Quantity cpu, Quantity memory, NodeRoom room)
    {
        var reasons = new List<string>();
        if (room.FreePods < 1)
            reasons.Add("Too many pods");
        if (cpu > room.FreeCpu)
            reasons.Add("Insufficient cpu");
        if (memory > room.FreeMemory)
            reasons.Add("Insufficient memory");
        return reasons.Count == 0 ? null : new(reasons, !(cpu > room.AllocatableCpu) && !(memory > room.AllocatableMemory));
    }

    private static bool Keeps(JsonObject pod, JsonObject taint) =>
        taint.Text("effect") is "NoSchedule" or "NoExecute"
        && !Tolerates(pod, taint.Text("key")!, taint.Text("value") ?? "", taint.Text("effect")!);

    private static bool Tolerates(JsonObject pod, string key, string value, string effect) =>
        pod.Items("spec", "tolerations").Any(one =>
            (one.Text("effect") is null or "" || one.Text("effect") == effect)
            && (one.Text("key") is null or "" || one.Text("key") == key)
            && (one.Text("operator") == "Exists" || (one.Text("value") ?? "") == value));

    private static bool Selects(JsonObject pod, JsonObject node)
    {
        if (pod.Pairs("spec", "nodeSelector").Any(pair => node.Text("metadata", "labels", pair.Key) != pair.Value))
            return false;
        var terms = pod.Items(
            "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms").ToList();
        return terms.Count == 0 || terms.Any(term => term.Items("matchExpressions").All(one => Matches(one, node)));
    }

    private static bool Matches(JsonObject expression, JsonObject node)
    {
        var label = node.Text("metadata", "labels", expression.Text("key")!);
        var values = expression.Texts("values").ToList();
        return expression.Text("operator") switch
        {
            "In" => label is not null && values.Contains(label),
            "NotIn" => label is null || !values.Contains(label),
            "Exists" => label is not null,
            "DoesNotExist" => label is null,
            "Gt" => Number(label) > Number(values[0]),
            "Lt" => Number(label) < Number(values[0]),
            _ => false,
        };
    }

    private static long? Number(string? text) => long.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : null;
}
