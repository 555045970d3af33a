using Migration.Contracts.Ledger;

namespace Migration.Coordinator.Tracking;

/// <summary>What a progress display shows at one moment.</summary>
/// <param name="Collections">In the order of the migration file.</param>
/// <param name="Total">All of them together.</param>
/// <param name="Elapsed">Since the display was opened.</param>
/// <param name="Workers">Names of those with a slice in hand.</param>
internal sealed record ProgressSnapshot(
    string Run, IReadOnlyList<Pace> Collections, Pace Total, TimeSpan Elapsed, IReadOnlyList<string> Workers);

/// <summary>How far something is and how fast it goes.</summary>
/// <param name="Done">Records read.</param>
/// <param name="Total">Records planned.</param>
/// <param name="PerSecond">Null when it is not known yet.</param>
/// <param name="Left">Null when it is not known, or nothing moves.</param>
/// <param name="IsOver">Nobody works on it any more.</param>
/// <param name="IsPaused">Of the whole: any collection.</param>
internal sealed record Pace(
    string Name, long Done, long Total, double? PerSecond, TimeSpan? Left, long SlicesDone, long Slices, long Quarantined,
    long GaveUp, bool IsOver, bool IsPaused)
{
    public int Percent => IsOver && GaveUp == 0 && !IsPaused ? 100 : Math.Min(99, CountsText.Percent(Done, Total));

    public static Pace Of(CollectionProgress c, RateMeter meter) => new(
        c.Plan.Name, c.Counts.Read, c.Plan.Keys, meter.PerSecond, meter.Left(c.Plan.Keys),
        c.Slices.Completed + c.Slices.Failed, c.Slices.Total, c.Counts.Quarantined, c.Slices.Failed,
        c.Plan.IsPlanned && c.IsOver, c.PausedAt is not null);

    public static Pace Sum(string name, IReadOnlyList<CollectionProgress> all, RateMeter meter)
    {
        var total = all.Sum(c => c.Plan.Keys);
        return new Pace(
            name, all.Sum(c => c.Counts.Read), total, meter.PerSecond, meter.Left(total),
            all.Sum(c => c.Slices.Completed + c.Slices.Failed), all.Sum(c => c.Slices.Total),
            all.Sum(c => c.Counts.Quarantined), all.Sum(c => c.Slices.Failed),
            all.All(c => c.Plan.IsPlanned && c.IsOver), all.Any(c => c.PausedAt is not null));
    }
}
