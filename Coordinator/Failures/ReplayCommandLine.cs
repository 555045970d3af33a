using System.Text.RegularExpressions;
using Migration.Contracts.Ledger;
using Migration.Coordinator.Tracking;

namespace Migration.Coordinator.Failures;

/// <summary>What to type to put a group of failures back to work, a command each.</summary>
internal static partial class ReplayCommandLine
{
    private const int MostCommands = 3;

    public static IEnumerable<string> Of(string run, FailureGrouping by, QuarantineGroup group)
        => by == FailureGrouping.Collection
            ? [OfCollection(run, "--quarantine", group.Collection)]
            : OfCauses(run, by, group.Fingerprints, group.Causes);

    /// <summary>Where the ledger has no cause of a slice, all that gave up in its collection are taken.</summary>
    public static IEnumerable<string> Of(string run, FailureGrouping by, FailedSliceGroup group)
        => by == FailureGrouping.Collection || group.Fingerprints.Count == 0
            ? [OfCollection(run, "--dead-letters", group.Collection)]
            : OfCauses(run, by, group.Fingerprints, group.Causes);

    private static string OfCollection(string run, string kind, string collection)
        => $"coordinator replay {run} {kind} --collection {Quoted(collection)}";

    /// <summary>A cause is not bound to a slice, so grouped by slice its command takes more than the group.</summary>
    private static IEnumerable<string> OfCauses(
        string run, FailureGrouping by, IReadOnlyList<string> fingerprints, long causes)
    {
        foreach (var fingerprint in fingerprints.Take(MostCommands))
            yield return $"coordinator replay {run} --cause {fingerprint}{(by == FailureGrouping.Slice ? "   # in every slice" : "")}";
        if (causes > MostCommands)
            yield return $"coordinator failures {run} --by cause   # {CountsText.Of(causes - MostCommands, "more cause")}";
    }

    /// <summary>As a POSIX shell takes it for one word.</summary>
    private static string Quoted(string text)
        => Plain().IsMatch(text) ? text : $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    [GeneratedRegex(@"\A[A-Za-z0-9_.][A-Za-z0-9_.-]*\z")]
    private static partial Regex Plain();
}
