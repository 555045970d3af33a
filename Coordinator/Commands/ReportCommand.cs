using System.CommandLine;
using Migration.Coordinator.Tracking;
using Migration.Worker;
using Spectre.Console;

namespace Migration.Coordinator.Commands;

/// <summary><c>coordinator report NAME</c>: what came of a run, and whether it adds up.</summary>
internal static class ReportCommand
{
    private static readonly Argument<string> Name = new("NAME") { Description = "The run's name" };
    private static readonly Option<bool> Json = new("--json") { Description = "Print JSON" };

    public static Command Create()
    {
        var command = new Command("report", "Say what came of a run and whether it adds up; exit code 5 if it does not")
        {
            Name, LedgerOptions.Target, LedgerOptions.File, Json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var target = LedgerOptions.Open(parsed);
            var report = await RunReport.BuildAsync(target, parsed.GetValue(Name)!, cancellationToken);
            if (parsed.GetValue(Json))
                JsonOutput.Write(report);
            else
                RunReportText.Write(AnsiConsole.Console, report);
            return report.IsComplete ? ExitCode.Done : ExitCode.Incomplete;
        });
        return command;
    }
}
