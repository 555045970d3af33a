using System.Globalization;
using Migration.Coordinator.Tracking;
using Spectre.Console;

namespace Migration.Coordinator.Failures;

/// <summary><see cref="RunFailures"/> for people: what, how often, since when, an example, and what to type next.</summary>
internal static class RunFailuresText
{
    /// <summary>About two lines.</summary>
    public const int DocumentLength = 160;

    public static void Write(IAnsiConsole console, RunFailures failures)
    {
        console.WithRoom();
        foreach (var paused in failures.Paused)
            console.MarkupLineInterpolated($"[red]{paused.Name} is paused[/] since {Time(paused.PausedAt)} UTC: {paused.Reason}");
        if (failures is { RecordsInQuarantine: 0, SlicesGivenUp: 0 })
        {
            console.Line($"Nothing of run {failures.Run} stands failed: no record is in quarantine, and no slice gave up.");
            return;
        }

        if (failures.RecordsInQuarantine > 0)
            WriteGroups(console, $"{CountsText.Of(failures.RecordsInQuarantine, "record")} in quarantine:", failures, failures.Records);
        if (failures.SlicesGivenUp > 0)
            WriteGroups(console, $"{CountsText.Of(failures.SlicesGivenUp, "slice")} gave up:", failures, failures.Slices);
        console.Line($"Put back to work, once mended: coordinator replay {failures.Run} [--cause FINGERPRINT] [--file MENDED-FILE] [--dry-run]");
    }

    private static void WriteGroups(IAnsiConsole console, string title, RunFailures failures, IReadOnlyList<FailureGroup> groups)
    {
        console.MarkupLineInterpolated($"[yellow]{title}[/]");
        foreach (var group in groups)
            WriteGroup(console, failures.By, group);
        if (groups.Count == RunFailures.MostGroups)
            console.Line("  There may be more groups; the table migration.quarantine has all.");
        console.Line("");
    }

    private static void WriteGroup(IAnsiConsole console, FailureGrouping by, FailureGroup group)
    {
        console.Line($"  {group.Count:N0} × {Origin(by, group)}");
        console.Line($"      {group.Message}");
        console.Line($"      {(group.Causes.Count == 1 ? "cause" : "causes")} {string.Join(", ", group.Causes)}, {When(group)}");
        if (group.SampleId is { } id)
            console.Line($"      for example _id {id}");
        if (group.SampleDocument is { } document)
            console.Line($"      {document}{Rest(group)}");
    }

    private static string Origin(FailureGrouping by, FailureGroup group) => string.Join(", ", new[]
    {
        group.Collection,
        group.Slice is { } slice ? (by == FailureGrouping.Slice || group.Count == 1 ? $"slice {slice}" : $"slice {slice} and others") : null,
        group.Stage is { } stage ? $"stage {stage}" : null,
        group.Column is { } column ? $"column '{column}'" : null,
        group.SqlState is { } state ? $"SQLSTATE {state}" : group.Exception,
    }.OfType<string>());

    private static string Rest(FailureGroup group)
        => group.SampleDocument!.Length < group.SampleDocumentLength
            ? string.Create(CultureInfo.InvariantCulture, $"... (all {group.SampleDocumentLength:N0} characters: --json, or id {group.Quarantine} in the table migration.quarantine)")
            : "";

    private static string When(FailureGroup group)
        => group.First == group.Last ? $"at {Time(group.First)} UTC" : $"{Time(group.First)} to {Time(group.Last)} UTC";

    private static string Time(DateTimeOffset time)
        => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
