using Migration.Contracts.Migrations;

namespace Migration.Coordinator.Planning;

/// <summary>How many records a slice should hold.</summary>
internal static class SliceSize
{
    /// <summary>Slices for each place where one can be worked on, so that no place idles while the last ones finish.</summary>
    private const int SlicesPerPlace = 8;

    /// <param name="secondsPerRecord">As measured on a sample.</param>
    /// <param name="records">About how many there are.</param>
    /// <param name="places">Slices that are worked on at a time, over all workers.</param>
    public static int Records(SliceSettings settings, double secondsPerRecord, long records, int places)
    {
        var byTime = settings.TargetSeconds / Math.Max(secondsPerRecord, 1e-9);
        var byBalance = Math.Ceiling((double)records / Math.Max(1, places * SlicesPerPlace));
        var wanted = Math.Min(byTime, Math.Max(1, byBalance));
        return (int)Math.Clamp(wanted, settings.MinRecords, settings.MaxRecords);
    }
}
