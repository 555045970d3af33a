namespace Migration.Coordinator;

/// <summary>How long something takes, as people say it.</summary>
internal static class DurationText
{
    private const decimal Minute = 60;
    private const decimal Hour = 60 * Minute;
    private const decimal Day = 24 * Hour;
    private const decimal Year = 365 * Day;

    /// <summary>For what is over or only estimated: <c>0.4 s</c>, <c>12 min 5 s</c>, <c>69 days 10.7 hours</c>.</summary>
    public static string Long(decimal seconds) => Math.Abs(seconds) switch
    {
        < 0.001m => $"{seconds * 1_000_000:0.##} µs",
        < 1 => $"{seconds * 1000:0.#} ms",
        < Minute => $"{seconds:0.#} s",
        < Hour => Two(seconds, Minute, "min", 1, "s"),
        < Day => Two(seconds, Hour, "h", Minute, "min"),
        < Year => Days(seconds),
        _ => $"{seconds / Year:N1} years",
    };

    /// <summary><see cref="Long(decimal)"/>; what is beyond a decimal, or no number, is said to be so.</summary>
    public static string Long(double seconds)
        => double.IsFinite(seconds) && Math.Abs(seconds) < 1e27 ? Long((decimal)seconds) : "forever";

    /// <summary>For a display that changes: whole seconds, <c>2 s</c>, <c>3 min 20 s</c>, <c>1 h 5 min</c>, <c>2 d 3 h</c>.</summary>
    public static string Short(TimeSpan left)
    {
        var seconds = Math.Ceiling((decimal)Math.Max(0, left.TotalSeconds));
        return seconds switch
        {
            < Minute => $"{seconds:0} s",
            < Hour => Two(seconds, Minute, "min", 1, "s"),
            < Day => Two(seconds, Hour, "h", Minute, "min"),
            _ => Two(seconds, Day, "d", Hour, "h"),
        };
    }

    private static string Two(decimal seconds, decimal large, string largeUnit, decimal small, string smallUnit)
    {
        var whole = Math.Floor(seconds / large);
        var rest = Math.Floor((seconds - (whole * large)) / small);
        return rest == 0 ? $"{whole:N0} {largeUnit}" : $"{whole:N0} {largeUnit} {rest:0} {smallUnit}";
    }

    private static string Days(decimal seconds)
    {
        var days = Math.Floor(seconds / Day);
        var hours = Math.Round((seconds - (days * Day)) / Hour, 1);
        if (hours == 24)
            (days, hours) = (days + 1, 0);
        return $"{days:0} {(days == 1 ? "day" : "days")}" + (hours == 0 ? "" : $" {hours:0.#} {(hours == 1 ? "hour" : "hours")}");
    }
}
