using System.Globalization;

namespace Migration.Chaos.Tests;

/// <summary>One line for each schedule: on the test's output, and in artifacts/test-results/chaos-schedules.txt.</summary>
internal static class ScheduleLog
{
    private static readonly string File = Path.Combine(Repository.Root, "artifacts", "test-results", "chaos-schedules.txt");

    public static void Write(Theatre theatre, TimeSpan took, long? deaths, string verdict)
    {
        var schedule = theatre.Schedule;
        var faults = schedule.Faults.Select(fault => fault + (fault.HasStruck(theatre) ? "" : " (not met)"));
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"seed {schedule.Seed}: {schedule.Records:N0} records, {schedule.Workers} workers{(schedule.Local ? " (local)" : "")}; "
            + $"{Enrichment(theatre)}{string.Join("; ", faults)}; ended early: {Ends(theatre)}; {(theatre.BrokerRestarts > 0 ? $"RabbitMQ broke down and was restarted x{theatre.BrokerRestarts}; " : "")}{took.TotalSeconds:0.0} s; {deaths} worker deaths; {verdict}");
        TestContext.Current.TestOutputHelper?.WriteLine(line);
        Console.WriteLine(line);
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        System.IO.File.AppendAllText(File, line + "\n");
    }

    public static string HowToRepeat(int seed)
        => FormattableString.Invariant($"Seed {seed}. Alone: MIGRATION_CHAOS_SEED={seed} MIGRATION_CHAOS_SCHEDULES=1 ./test.sh --project Chaos --filter Nothing_is_lost");

    private static string Enrichment(Theatre theatre)
        => theatre.Places is { Calls: var (all, troubled) } ? FormattableString.Invariant($"products enriched{(theatre.Schedule.HasPhotos ? " and re-hosted" : "")}, {all:N0} calls, {troubled:N0} in trouble; ") : "";

    private static string Ends(Theatre theatre)
        => theatre.Crew.Ends.Count == 0 ? "none" : string.Join(", ", theatre.Crew.Ends.CountBy(end => end).Select(end => end.Value == 1 ? end.Key : $"{end.Key} x{end.Value}"));
}
