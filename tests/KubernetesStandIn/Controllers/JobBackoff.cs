namespace Migration.KubernetesStandIn.Controllers;

/// <summary>How long a Job waits before it replaces a failed pod: 10 s, doubled with each failure, at most 10 minutes.</summary>
internal static class JobBackoff
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    /// <summary>When a failed pod of an index may be replaced; failures that the policy ignores delay as well.</summary>
    public static DateTimeOffset? BeforeReplacing(JobPod? failed) =>
        failed is null ? null : failed.FinishedAt + After(failed.Failures + failed.IgnoredFailures + 1);

    /// <summary>When the next pod may be made in a Job without a limit per index; null when nothing failed since a success.</summary>
    public static DateTimeOffset? AfterFailures(IEnumerable<JobPod> pods)
    {
        var ended = pods.Where(pod => pod.IsOver).OrderByDescending(pod => pod.FinishedAt).TakeWhile(pod => pod.HasFailed).ToList();
        return ended.Count == 0 ? null : ended[0].FinishedAt + After(ended.Count);
    }

    private static TimeSpan After(int failures)
    {
        var delay = First * Math.Pow(2, Math.Min(failures, 10) - 1);
        return delay < Longest ? delay : Longest;
    }
}
