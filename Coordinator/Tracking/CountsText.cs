using Migration.Contracts.Ledger;

namespace Migration.Coordinator.Tracking;

/// <summary>Counts as people read them.</summary>
internal static class CountsText
{
    /// <summary>The law of conservation in numbers; <c>≠</c> where it does not hold.</summary>
    public static string Equation(SliceCounts c)
        => $"{c.Read:N0} read {(c.AddsUp ? "=" : "≠")} {c.Written:N0} written + {c.Quarantined:N0} quarantined + {c.Skipped:N0} skipped";

    /// <summary>Rounded down, so that 100% means all; null of nothing is all of it.</summary>
    public static int Percent(long done, long total)
        => total <= 0 ? 100 : (int)Math.Clamp(Math.Floor(100m * done / total), 0, 100);

    /// <summary>Whole numbers from 10 on, one decimal below.</summary>
    public static string Rate(double perSecond) => perSecond is >= 10 or 0 ? $"{perSecond:N0}/s" : $"{perSecond:0.0}/s";

    public static string Of(long number, string what) => $"{number:N0} {what}{(number == 1 ? "" : "s")}";
}
