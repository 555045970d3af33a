using System.Globalization;
using Migration.Worker;

namespace Migration.Coordinator.Planning;

/// <summary>What <c>plan</c> is asked without a file, checked.</summary>
/// <param name="Hours">Null for a choice of windows.</param>
/// <param name="RecordsInFlight">What one worker has in hand at a time.</param>
internal sealed record WorkerPlanQuestion(long Records, decimal SecondsPerRecord, decimal? Hours, int RecordsInFlight)
{
    public const long MostRecords = 1_000_000_000_000_000;
    public const decimal LeastSeconds = 0.000_000_001m;
    public const decimal MostHours = 10 * 365 * 24;
    public const int MostInFlight = 10_000;

    /// <summary>Windows that are shown when none is asked for.</summary>
    private static readonly decimal[] Windows = [1, 5, 12, 24];

    private static readonly int[] Flights = [1, 8, 16, 64];

    /// <param name="records">As typed; so are the others. Null where the option is not given.</param>
    /// <exception cref="UserException">A sentence that names the option.</exception>
    public static WorkerPlanQuestion Read(string? records, string? secondsPerRecord, string? hours, string? inFlight)
    {
        var question = new WorkerPlanQuestion(
            (long)Number("--records", records, "a whole number", 1, MostRecords, whole: true)!.Value,
            Number("--seconds-per-record", secondsPerRecord, "a number of seconds", LeastSeconds, MostHours * 3600)!.Value,
            ReadHours(hours),
            (int?)Number("--concurrency", inFlight, "a whole number", 1, MostInFlight, whole: true, optional: true) ?? 1);
        var window = question.Hours ?? Windows[^1];
        if (question.Fits(window))
            return question;
        var asked = hours is null ? $"{window} hours, the longest that is tried without --hours" : $"--hours {hours}";
        throw new UserException(
            $"--seconds-per-record {secondsPerRecord}: one record takes longer than the window of {asked}, so no number of "
            + "workers helps. Give more hours, or make a record faster.");
    }

    /// <summary><c>--hours</c>, or null where it is not given.</summary>
    /// <exception cref="UserException">It is not a number of hours above 0 and at most ten years.</exception>
    public static decimal? ReadHours(string? hours)
        => Number("--hours", hours, "a number of hours", 1m / 3600, MostHours, optional: true);

    /// <summary>With the asked for number in flight: the asked for window, or each of the usual ones that a record fits into.</summary>
    public IReadOnlyList<WorkerPlan> ByWindow()
        => [.. (Hours is { } one ? [one] : Windows).Where(Fits).Select(hours => Plan(hours, RecordsInFlight))];

    /// <summary>With the asked for window: 1, 8, 16, 64 in flight and the asked for number. Empty without a window.</summary>
    public IReadOnlyList<WorkerPlan> ByFlight()
        => Hours is { } hours
            ? [.. Flights.Append(RecordsInFlight).Distinct().Order().Select(flight => Plan(hours, flight))]
            : [];

    /// <summary>One worker, one record after the other.</summary>
    public decimal SequentialSeconds => Records * SecondsPerRecord;

    private bool Fits(decimal hours) => WorkerPlan.InARow(SecondsPerRecord, hours) >= 1;

    private WorkerPlan Plan(decimal hours, int flight) => WorkerPlan.For(Records, SecondsPerRecord, hours, flight);

    private static decimal? Number(
        string option, string? text, string what, decimal least, decimal most, bool whole = false, bool optional = false)
    {
        if (text is null)
            return optional ? null : throw new UserException($"Without a migration file, say {option} as well: {what}.");
        var range = $"{what} {(least < 1 ? "above 0" : $"from {least:N0}")} {(least < 1 ? "and at most" : "to")} {most:N0}";
        if (!decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
            throw new UserException($"{option} {text}: give {range}, with a point for decimals and without separators.");
        if (value < least || value > most)
            throw new UserException($"{option} {text}: give {range}" + (value > 0 && value < least ? $" ({least:0.#########} is the least)." : "."));
        if (whole && value != decimal.Truncate(value))
            throw new UserException($"{option} {text}: give {what}.");
        return value;
    }
}
