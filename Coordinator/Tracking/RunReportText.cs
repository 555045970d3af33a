using System.Globalization;
using Migration.Contracts.Ledger;
using Migration.Coordinator.Building;
using Spectre.Console;

namespace Migration.Coordinator.Tracking;

/// <summary>A <see cref="RunReport"/> for people: two tables that fit 80 columns, what is wrong, the verdict last.</summary>
internal static class RunReportText
{
    private const int MostReplays = 20;

    public static void Write(IAnsiConsole console, RunReport report)
    {
        console.WithRoom();
        console.Line("");
        console.MarkupLineInterpolated($"Run [bold]{report.Run}[/]: {State(report)}");
        WriteRecords(console, report);
        WriteSlices(console, report);
        WriteCauses(console, report, RunReport.MostCauses);
        WriteTroubled(console, report, RunReport.MostTroubled);
        WriteBuilds(console, report);
        WriteReplays(console, report);
        var color = !report.IsComplete ? Color.Red : report.Counts.Quarantined > 0 ? Color.Yellow : Color.Green;
        console.Write(new Text(report.Verdict + "\n", new Style(color, decoration: Decoration.Bold)));
    }

    /// <summary>State and times in words.</summary>
    public static string State(RunReport report)
    {
        var state = report.State.ToString().ToLowerInvariant();
        return report switch
        {
            { StartedAt: null } => $"{state}, created {Time(report.CreatedAt)}",
            { FinishedAt: { } end, StartedAt: { } start } => $"{state} in {DurationText.Long(report.Seconds)} ({Time(start)} to {Time(end)} UTC)",
            { StartedAt: { } start } => $"{state} for {DurationText.Long(report.Seconds)} (since {Time(start)} UTC)",
        };
    }

    public static void WriteCauses(IAnsiConsole console, RunReport report, int most)
    {
        if (report.Causes.Count == 0)
            return;
        console.MarkupLineInterpolated($"[yellow]Quarantined:[/]");
        foreach (var line in report.Causes.Take(most).SelectMany(Lines))
            console.Line(line);

        if (report.Counts.Quarantined - report.Causes.Take(most).Sum(cause => cause.Count) is > 0 and var rest)
            console.Line($"  {rest:N0} more for other causes: coordinator failures {report.Run}");
        console.Line("");
    }

    /// <summary>A cause as a line, and one more for an example.</summary>
    public static IEnumerable<string> Lines(QuarantineCause cause)
    {
        yield return $"  {cause.Count:N0} × {Origin(cause)}: {cause.Message}";
        if (cause.SampleId is { } id)
            yield return $"      for example _id {id}";
    }

    /// <summary>Collections that wait for the user.</summary>
    public static void WritePauses(IAnsiConsole console, RunReport report)
    {
        foreach (var c in report.Collections.Where(c => c.PausedAt is not null))
            console.MarkupLineInterpolated($"[red]Paused:[/] {c.Name} since {Time(c.PausedAt!.Value)} UTC: {c.PauseReason}. {PauseNews.WhatNext}");
    }

    public static void WriteTroubled(IAnsiConsole console, RunReport report, int most)
    {
        if (report.Troubled.Count == 0)
            return;
        var title = report.IsComplete ? "Slices that read other than planned, as the source was written to:" : "Slices in trouble:";
        console.MarkupLineInterpolated($"[yellow]{title}[/]");
        foreach (var slice in report.Troubled.Take(most))
            console.Line($"  {slice.Collection}, slice {slice.Slice}: {Trouble(slice)}");
        if (report.TroubledSlices - Math.Min(most, report.Troubled.Count) is > 0 and var rest)
            console.Line($"  and {rest:N0} more.");
        console.Line("");
    }

    public static void WriteBuilds(IAnsiConsole console, RunReport report)
    {
        if (report.Builds.Count == 0)
            return;
        console.Line("After the load:");
        foreach (var build in report.Builds)
        {
            var color = build.State switch
            {
                BuildState.Failed => Color.Red,
                BuildState.Skipped => Color.Yellow,
                _ => (Color?)null,
            };
            console.Write(new Text($"  {build.Definition}: {BuildText.Outcome(build.Kind, build.State, build.Seconds, build.Note)}\n", color is { } c ? new Style(c) : Style.Plain));
        }

        console.Line("");
    }

    private static void WriteReplays(IAnsiConsole console, RunReport report)
    {
        if (report.Replays.Count == 0)
            return;
        console.Line("Replays:");
        if (report.Replays.Count > MostReplays)
            console.Line($"  {report.Replays.Count - MostReplays:N0} earlier ones, and");
        foreach (var replay in report.Replays.TakeLast(MostReplays))
            console.Line($"  {Time(replay.StartedAt)} UTC, {replay.Selection}: {Outcome(replay)}");
        console.Line("");
    }

    private static string Outcome(ReplayRecord replay)
    {
        var slices = replay.Slices == 0 ? null : $"{CountsText.Of(replay.Slices, "slice")} put back to work";
        var records = replay.Records == 0 ? null
            : $"{CountsText.Of(replay.Records, "record")} tried again = {replay.Written:N0} written + {replay.Skipped:N0} skipped + {replay.Quarantined:N0} refused once more";
        var both = string.Join(", ", new[] { slices, records }.OfType<string>());
        return (both.Length == 0 ? "nothing to do" : both) + (replay.FinishedAt is null ? "; not finished" : "");
    }

    private static void WriteRecords(IAnsiConsole console, RunReport report)
    {
        var table = PlainTable.Create(["collection"], ["planned", "read", "written", "quarantined", "skipped", "adds up"]);
        foreach (var c in report.Collections)
            AddRecords(table, c.Name, c.Keys, c.Counts, c.AddsUp);
        if (report.Collections.Count > 1)
            AddRecords(table, "all", report.Keys, report.Counts, report.Collections.All(c => c.AddsUp));
        console.Write(table);
    }

    private static void AddRecords(Table table, string name, long keys, SliceCounts counts, bool addsUp)
        => table.AddRow(
            new Text(name), Number(keys), Number(counts.Read), Number(counts.Written), Number(counts.Quarantined, Color.Yellow),
            Number(counts.Skipped), addsUp ? new Text("yes", Color.Green) : new Text("NO", Color.Red));

    private static void WriteSlices(IAnsiConsole console, RunReport report)
    {
        var table = PlainTable.Create(["collection"], ["slices", "completed", "gave up", "retried", "time", "records/s"]);
        foreach (var c in report.Collections)
        {
            table.AddRow(
                new Text(c.Name), Number(c.Slices.Total), Number(c.Slices.Completed), Number(c.Slices.Failed, Color.Red),
                Number(c.Interruptions, Color.Yellow), new Text(c.Seconds == 0 ? "-" : DurationText.Long(c.Seconds)),
                new Text(c.RecordsPerSecond is { } rate ? $"{rate:N0}" : "-"));
        }

        console.Write(table);
    }

    /// <summary>Coloured where it is not 0.</summary>
    private static Text Number(long number, Color? color = null)
        => new($"{number:N0}", number != 0 && color is { } c ? new Style(c) : Style.Plain);

    private static string Origin(QuarantineCause cause)
        => string.Join(", ", new[]
        {
            cause.Collection, $"stage {cause.Stage}", cause.Column is { } column ? $"column '{column}'" : null,
            cause.SqlState is { } state ? $"SQLSTATE {state}" : null,
        }.OfType<string>());

    private static string Trouble(TroubledSlice slice)
        => slice.State == SliceState.Failed
            ? $"gave up after {CountsText.Of(slice.Attempts, "attempt")}, {slice.Counts.Read:N0} of {slice.Limit:N0} read: {slice.Error}"
            : $"read {slice.Counts.Read:N0} records, {slice.Limit:N0} were planned";

    /// <summary>In UTC, without saying so.</summary>
    public static string Time(DateTimeOffset time)
        => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
