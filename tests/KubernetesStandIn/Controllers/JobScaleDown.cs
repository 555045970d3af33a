using System.Globalization;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Controllers;

/// <summary>
/// Which pods go when a Job has too many: those whose index is beyond the completions or taken twice, then those that have
/// got least far: without a node, pending, not ready, ready for the shortest time, youngest.
/// </summary>
internal static class JobScaleDown
{
    /// <param name="completions">Null in a Job without indexes.</param>
    public static List<JobPod> Choose(IReadOnlyList<JobPod> active, int atLeast, int? completions)
    {
        var going = new List<JobPod>();
        var rest = active.ToList();
        if (completions is { } end)
        {
            var seen = new HashSet<int>();
            going.AddRange(rest.OrderBy(pod => pod.Index).ThenByDescending(Created).Where(pod => pod.Index >= end || !seen.Add(pod.Index)));
            rest = [.. rest.Except(going)];
        }

        if (going.Count < atLeast)
            going.AddRange(rest.Order(Comparer<JobPod>.Create(Compare)).Take(atLeast - going.Count));
        return going;
    }

    private static int Compare(JobPod one, JobPod other)
    {
        var byRank = Rank(one).CompareTo(Rank(other));
        if (byRank != 0)
            return byRank;
        var byReadiness = ReadySince(other).CompareTo(ReadySince(one));
        return byReadiness != 0 ? byReadiness : Created(other).CompareTo(Created(one));
    }

    private static (bool, int, bool) Rank(JobPod pod) =>
        (pod.Pod.Text("spec", "nodeName") is not null, pod.Phase switch { "Pending" or null => 0, "Unknown" => 1, _ => 2 }, pod.IsReady);

    private static DateTimeOffset ReadySince(JobPod pod) => pod.Pod.Condition("Ready").Time("lastTransitionTime") ?? default;

    private static long Created(JobPod pod) =>
        pod.Pod.Time("metadata", "creationTimestamp")?.ToUnixTimeSeconds() ?? long.Parse(pod.Pod.Revision(), CultureInfo.InvariantCulture);
}
