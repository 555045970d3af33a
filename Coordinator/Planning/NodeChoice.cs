using System.Globalization;
using k8s.Models;

namespace Migration.Coordinator.Planning;

/// <summary>Whether a node would be considered for a worker at all, as the scheduler decides it.</summary>
internal static class NodeChoice
{
    /// <returns>Null when it would; else why not, as words that fit many nodes.</returns>
    public static string? WhyNot(V1Node node, V1PodSpec pod)
    {
        if (node.Status?.Conditions?.FirstOrDefault(condition => condition.Type == "Ready") is { Status: not "True" })
            return "not ready";
        if (node.Spec?.Unschedulable == true)
            return "closed to new pods (cordoned)";
        if (node.Spec?.Taints?.FirstOrDefault(taint => taint.Effect is "NoSchedule" or "NoExecute" && !IsTolerated(taint, pod)) is { } taint)
            return $"tainted with {taint.Key}{(string.IsNullOrEmpty(taint.Value) ? "" : $"={taint.Value}")}:{taint.Effect}, which workers do not tolerate";
        return IsSelected(node.Metadata?.Labels ?? new Dictionary<string, string>(), pod) ? null : "not chosen by the worker's node selector or affinity";
    }

    private static bool IsTolerated(V1Taint taint, V1PodSpec pod) => (pod.Tolerations ?? []).Any(toleration =>
        (string.IsNullOrEmpty(toleration.Effect) || toleration.Effect == taint.Effect)
        && (string.IsNullOrEmpty(toleration.Key) || toleration.Key == taint.Key)
        && (toleration.OperatorProperty == "Exists" || (toleration.Value ?? "") == (taint.Value ?? "")));

    private static bool IsSelected(IDictionary<string, string> labels, V1PodSpec pod)
    {
        if ((pod.NodeSelector ?? new Dictionary<string, string>()).Any(pair => !labels.TryGetValue(pair.Key, out var value) || value != pair.Value))
            return false;
        var terms = pod.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution?.NodeSelectorTerms;
        return terms is null || terms.Any(term => (term.MatchExpressions ?? []).All(rule => Matches(rule, labels)));
    }

    private static bool Matches(V1NodeSelectorRequirement rule, IDictionary<string, string> labels)
    {
        var value = labels.TryGetValue(rule.Key, out var found) ? found : null;
        return rule.OperatorProperty switch
        {
            "In" => value is not null && rule.Values.Contains(value),
            "NotIn" => value is null || !rule.Values.Contains(value),
            "Exists" => value is not null,
            "DoesNotExist" => value is null,
            "Gt" => Number(value) > Number(rule.Values.FirstOrDefault()),
            "Lt" => Number(value) < Number(rule.Values.FirstOrDefault()),
            _ => true,
        };
    }

    private static long? Number(string? text) => long.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : null;
}
