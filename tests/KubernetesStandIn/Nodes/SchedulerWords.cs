namespace Migration.KubernetesStandIn.Nodes;

internal static class SchedulerWords
{
    public static string NoPlace(int nodes, IReadOnlyList<NodeFilter> faults)
    {
        if (nodes == 0)
            return "no nodes available to schedule pods";
        var none = $"0/{nodes} nodes are available: ";
        return $"{none}{Count(faults.SelectMany(fault => fault.Reasons))}. no new claims to deallocate, preemption: {none}"
            + $"{Count(faults.Select(Preemption))}.";
    }

    private static string Preemption(NodeFilter fault) =>
        fault.CanFreeUp ? "No preemption victims found for incoming pod" : "Preemption is not helpful for scheduling";

    private static string Count(IEnumerable<string> reasons) =>
        string.Join(", ", reasons.GroupBy(reason => reason).Select(group => $"{group.Count()} {group.Key}").Order(StringComparer.Ordinal));
}
