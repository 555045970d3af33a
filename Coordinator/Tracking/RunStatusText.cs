using System.Globalization;
using Migration.Contracts.Ledger;
using Spectre.Console;

namespace Migration.Coordinator.Tracking;

/// <summary>Where runs stand, for people.</summary>
internal static class RunStatusText
{
    private const int MostCauses = 10;
    private const int MostTroubled = 10;

    /// <summary>All runs.</summary>
    public static Table Table(IReadOnlyList<RunSummary> runs)
    {
        var table = PlainTable.Create(["run", "state"], ["done", "records", "read", "quarantined", "slices", "created (UTC)"]);
        foreach (var run in runs)
        {
            table.AddRow(
                new Text(run.Run), State(run.State), new Text($"{run.Percent}%"), new Text($"{run.Keys:N0}"),
                new Text($"{run.Counts.Read:N0}"), new Text($"{run.Counts.Quarantined:N0}"),
                new Text($"{run.SlicesCompleted:N0}/{run.Slices:N0}"),
                new Text(run.CreatedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)));
        }

        return table;
    }

    /// <summary>One run.</summary>
    public static void Write(IAnsiConsole console, RunStatus status)
    {
        var report = status.Report;
        console.WithRoom();
        console.MarkupLineInterpolated($"Run [bold]{report.Run}[/]: {RunReportText.State(report)}");
        if (report.State == RunState.Running)
            console.Line(Pace(status));
        if (status is { Report.State: RunState.Running, ScalingNote: { } note })
            console.MarkupLineInterpolated($"[yellow]Workers:[/] {note}");
        WriteCollections(console, report);
        RunReportText.WriteCauses(console, report, MostCauses);
        if (report.State != RunState.Incomplete)
            RunReportText.WritePauses(console, report);
        RunReportText.WriteTroubled(console, report, MostTroubled);
        RunReportText.WriteBuilds(console, report);
        if (report.State == RunState.Incomplete)
            console.MarkupLineInterpolated($"[red]Incomplete:[/] {report.Reason}");
        else if (report.IsComplete)
            console.Line(report.Verdict);
    }

    private static string Pace(RunStatus status)
    {
        var workers = status.Workers.Count == 0
            ? "no worker has a slice in hand"
            : $"{CountsText.Of(status.Workers.Count, "worker")} ({string.Join(", ", status.Workers)})";
        return string.Join(", ", new[]
        {
            $"{status.Percent}% of {status.Report.Keys:N0} records",
            status.RecordsPerSecond is { } rate ? $"{CountsText.Rate(rate)} since the start" : null,
            status.SecondsLeft is { } left ? $"{DurationText.Short(TimeSpan.FromSeconds(left))} left" : null,
            status.WorkersWanted is { } wanted ? $"{workers}; {wanted:N0} wanted" : workers,
        }.OfType<string>());
    }

    private static void WriteCollections(IAnsiConsole console, RunReport report)
    {
        var records = PlainTable.Create(["collection"], ["records", "read", "written", "quarantined", "skipped"]);
        var slices = PlainTable.Create(["collection"], ["slices", "waiting", "running", "completed", "gave up"]);
        foreach (var c in report.Collections)
        {
            records.AddRow(
                c.Name.EscapeMarkup(), c.IsPlanned ? $"{c.Keys:N0}" : "not planned", $"{c.Counts.Read:N0}", $"{c.Counts.Written:N0}",
                $"{c.Counts.Quarantined:N0}", $"{c.Counts.Skipped:N0}");
            slices.AddRow(
                c.Name.EscapeMarkup(), $"{c.Slices.Total:N0}", $"{c.Slices.Waiting:N0}", $"{c.Slices.Running:N0}", $"{c.Slices.Completed:N0}",
                $"{c.Slices.Failed:N0}");
        }

        console.Write(records);
        console.Write(slices);
    }

    private static Text State(RunState state)
        => new(state.ToString().ToLowerInvariant(), state switch
        {
            RunState.Completed => Color.Green,
            RunState.Incomplete => Color.Red,
            _ => Style.Plain,
        });
}
