using Migration.Contracts.Ledger;
using Migration.Coordinator.Building;

namespace Migration.Coordinator.Tracking;

/// <summary>
/// Whether a run may call itself complete: every slice has its outcome, none gave up, the counts of plan, slices and
/// quarantine add up, and what is to be built after the load is there.
/// </summary>
/// <param name="Reasons">Why not, a sentence each; empty when it may.</param>
internal sealed record RunVerdict(IReadOnlyList<string> Reasons)
{
    public bool IsComplete => Reasons.Count == 0;

    /// <param name="quarantined">Records in quarantine by collection, counted in their table.</param>
    /// <param name="live">The source may change during the run, so a slice may hold more or fewer records than were planned.</param>
    /// <param name="source">Records in the source now by collection, where they were counted again; a source that is not live must still hold what was planned.</param>
    /// <param name="builds">What is built after the load; none where only rows are judged.</param>
    public static RunVerdict Of(
        IReadOnlyList<CollectionProgress> collections, IReadOnlyDictionary<string, long> quarantined, bool live,
        IReadOnlyDictionary<string, long>? source = null, IReadOnlyList<BuildRecord>? builds = null)
        => new([.. collections.SelectMany(c => Judge(c, quarantined.GetValueOrDefault(c.Plan.Name), live)),
            .. collections.Where(c => source is not null && source.TryGetValue(c.Plan.Name, out var now) && now != c.Plan.Keys)
                .Select(c => $"{c.Plan.Name}: the source holds {source![c.Plan.Name]:N0} records now, and {c.Plan.Keys:N0} were planned: it was "
                    + "written to meanwhile. Migrate the difference, or say 'live: true' under 'source' where that is expected."),
            .. OfBuilds(builds ?? [])]);

    /// <summary>Why what was to be built keeps the run from being complete.</summary>
    public static IEnumerable<string> OfBuilds(IReadOnlyList<BuildRecord> builds)
        => [.. builds.Where(build => build.State == BuildState.Failed).Select(build => $"{BuildText.Undone(build.Id)}: {build.Note}."),
            .. builds.Count(build => build is { IsDone: false, State: not BuildState.Failed }) is > 0 and var open
                ? new[] { $"{open:N0} of {CountsText.Of(builds.Count, "build")} after the load are still to come." } : []];

    private static IEnumerable<string> Judge(CollectionProgress c, long quarantined, bool live)
    {
        var name = c.Plan.Name;
        if (!c.Plan.IsPlanned)
        {
            yield return $"{name}: it has not been planned.";
            yield break;
        }

        if (c.Limits != c.Plan.Keys)
            yield return $"{name}: the slices' limits add up to {c.Limits:N0}, and the plan walked {c.Plan.Keys:N0} keys.";
        if (c.Slices.Failed > 0)
            yield return $"{name}: {c.Slices.Failed:N0} of {c.Slices.Total:N0} slices gave up.";
        if (c.PauseReason is { } reason)
            yield return $"{name}: paused: {reason}. {PauseNews.WhatNext}";
        else if (c.Counts.Quarantined > c.MaxQuarantined)
            yield return $"{name}: {c.Counts.Quarantined:N0} records are quarantined, and maxQuarantined allows {c.MaxQuarantined:N0}. {PauseNews.WhatNext}";
        if (c.Slices.Total - c.Slices.Completed - c.Slices.Failed is > 0 and var open)
            yield return $"{name}: {open:N0} of {c.Slices.Total:N0} slices have no outcome yet.";
        if (!c.Counts.AddsUp)
            yield return $"{name}: {c.Counts} does not add up.";
        if (quarantined != c.Counts.Quarantined)
            yield return $"{name}: {c.Counts.Quarantined:N0} records were counted as quarantined, and {quarantined:N0} stand in quarantine.";
        if (!live && c.Slices.AllHaveOutcome && c.Slices.Failed == 0 && c.Mismatched > 0)
        {
            yield return $"{name}: {c.Mismatched:N0} slices read more or fewer records than were planned ({c.Counts.Read:N0} read, "
                + $"{c.Plan.Keys:N0} planned). If the source was written to meanwhile, say 'live: true' under 'source'.";
        }
    }
}
