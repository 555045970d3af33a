namespace Migration.Coordinator.Tracking;

/// <summary>
/// Progress as one line for a pipe or a log:
/// <c>12:03:04  products 24,000/50,000 (48%)  12,010/s  2 s left  2 workers  4 quarantined</c>.
/// </summary>
internal static class ProgressLine
{
    private const int MostNamed = 6;

    public static string Of(ProgressSnapshot now, DateTimeOffset at) => $"{at:HH:mm:ss}  {Of(now)}";

    /// <summary>Without the time.</summary>
    public static string Of(ProgressSnapshot now)
    {
        var total = now.Total;
        var parts = new List<string?>
        {
            $"{total.Name} {total.Done:N0}/{total.Total:N0} ({total.Percent}%)",
            total.PerSecond is { } rate ? CountsText.Rate(rate) : null,
            Left(total),
            CountsText.Of(now.Workers.Count, "worker"),
            total.Quarantined > 0 ? $"{total.Quarantined:N0} quarantined" : null,
            now.Collections.Where(c => c.IsPaused).Select(c => c.Name).ToList() is { Count: > 0 } paused
                ? $"{string.Join(", ", paused)} paused" : null,
            total.GaveUp > 0 ? $"{CountsText.Of(total.GaveUp, "slice")} gave up" : null,
        };
        if (now.Collections.Count is > 1 and <= MostNamed)
            parts.AddRange(now.Collections.Select(c => $"{c.Name} {c.Percent}%"));
        return string.Join("  ", parts.OfType<string>());
    }

    /// <summary>Null while it is not known.</summary>
    public static string? Left(Pace pace)
        => pace.IsOver ? (pace.GaveUp == 0 && !pace.IsPaused ? "done" : "over") : pace.Left is { } left && pace.Done < pace.Total ? $"{DurationText.Short(left)} left" : null;
}
