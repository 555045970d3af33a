using System.Globalization;
using System.Text.RegularExpressions;

namespace Migration.Coordinator.Scaling.Kubernetes;

/// <summary>Says in a sentence why there are fewer workers than wanted.</summary>
internal static partial class ScalingNote
{
    /// <summary>Pods that start are waited for so long without a word.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private const int LongestDetail = 300;

    /// <param name="unchanged">For how long nothing has changed in how many are ready.</param>
    /// <returns>Null when all that were asked for are ready, or on their way with nothing in the way.</returns>
    public static string? Of(int wanted, WorkerCensus census, TimeSpan unchanged)
    {
        var reasons = census.Holds.Where(hold => IsTold(hold, unchanged)).Select(Reason).ToList();
        if (census.FailedCount > 0)
            reasons.Add($"{Count(census.FailedCount, "ended too often and is given up", "ended too often and are given up")} (index {census.Failed})");
        return reasons.Count == 0 ? null : $"{census.Ready:N0} of {wanted:N0} workers run; {string.Join("; ", reasons)}.";
    }

    /// <summary>The same for as long as only numbers change; so a reason is told once.</summary>
    public static string Kinds(WorkerCensus census, TimeSpan unchanged)
        => string.Join(' ', census.Holds.Where(hold => IsTold(hold, unchanged)).Select(hold => hold.Kind.ToString()).Order(StringComparer.Ordinal))
            + (census.FailedCount > 0 ? " " + census.Failed : "");

    private static bool IsTold(Hold hold, TimeSpan unchanged)
        => hold.Kind is not (HoldKind.NotCreatedYet or HoldKind.Starting or HoldKind.Leaving) || unchanged >= Patience;

    private static string Reason(Hold hold) => hold.Kind switch
    {
        HoldKind.NoRoom => Waits(hold, "no node has room"),
        HoldKind.Refused => Waits(hold, "the cluster refuses more pods"),
        HoldKind.NoAddress => Waits(hold, "no network address is to be had"),
        HoldKind.NoImage => Waits(hold, "the image cannot be pulled"),
        HoldKind.CannotStart => Waits(hold, "the container cannot be started"),
        HoldKind.Crash => $"{Count(hold.Count, "ended and is started again after a while", "ended and are started again after a while")}{Detail(hold)}",
        HoldKind.Leaving => Waits(hold, "the pod before is still stopping"),
        HoldKind.Starting => Waits(hold, $"not ready for {Patience.TotalMinutes:0} minutes and more; the pods' logs say why"),
        _ => Waits(hold, $"the cluster has made no pod for {Patience.TotalMinutes:0} minutes and more"),
    };

    private static string Waits(Hold hold, string why) => $"{Count(hold.Count, "waits", "wait")}: {why}{Detail(hold)}";

    private static string Count(int count, string one, string many)
        => string.Create(CultureInfo.InvariantCulture, $"{count:N0} {(count == 1 ? one : many)}");

    private static string Detail(Hold hold)
    {
        if (hold.Detail is not { } detail)
            return "";
        var text = hold.Kind switch
        {
            // The scheduler goes on with what preemption would not help.
            HoldKind.NoRoom => detail.Split(". ", 2)[0],
            HoldKind.Refused => Forbidden().Replace(detail, ""),
            _ => detail,
        };
        text = text.ReplaceLineEndings(" ").Trim().TrimEnd('.');
        return $" ({(text.Length > LongestDetail ? text[..LongestDetail] + "..." : text)})";
    }

    [GeneratedRegex("^Error creating: (pods \"[^\"]*\" is forbidden: )?")]
    private static partial Regex Forbidden();
}
