using System.Globalization;

namespace Migration.Chaos.Tests.Schedules;

/// <summary>
/// How many schedules: a few that have every kind of fault at least once, or with MIGRATION_CHAOS=full some hundred.
/// MIGRATION_CHAOS_SCHEDULES asks for another number and MIGRATION_CHAOS_SEED for another first seed.
/// </summary>
internal static class ChaosSize
{
    private const int Full = 220;

    public static bool IsFull => Environment.GetEnvironmentVariable("MIGRATION_CHAOS") == "full";

    public static int Schedules => Number("MIGRATION_CHAOS_SCHEDULES") ?? (IsFull ? Full : FaultDeck.SchedulesForAll);

    public static int FirstSeed => Number("MIGRATION_CHAOS_SEED") ?? 1;

    private static int? Number(string variable)
        => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
