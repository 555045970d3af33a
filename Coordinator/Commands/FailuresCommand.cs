using System.CommandLine;
using Migration.Contracts.Ledger;
using Migration.Coordinator.Failures;
using Migration.Coordinator.Tracking;
using Migration.Worker;
using Spectre.Console;

namespace Migration.Coordinator.Commands;

/// <summary><c>coordinator failures NAME</c>: what failed in a run, by cause, with examples.</summary>
internal static class FailuresCommand
{
    private static readonly Argument<string?> Name = new("NAME")
    {
        Description = "The run's name; not needed where the ledger has a single run",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<FailureGrouping> By = new("--by")
    {
        Description = "What to group by",
        DefaultValueFactory = _ => FailureGrouping.Cause,
        HelpName = "cause|collection|column|slice",
    };

    private static readonly Option<bool> Json = new("--json") { Description = "Print JSON, with whole documents" };

    public static Command Create()
    {
        var command = new Command("failures", "List what failed: records in quarantine and slices that gave up, grouped, with examples")
        {
            Name, By, LedgerOptions.Target, LedgerOptions.File, Json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var target = LedgerOptions.Open(parsed);
            var run = await new RunFinder(target).FindOnlyAsync(parsed.GetValue(Name), cancellationToken);
            await LedgerSchema.EnsureAsync(target, cancellationToken);
            var json = parsed.GetValue(Json);
            var failures = await RunFailures.ReadAsync(
                target, run, parsed.GetValue(By), json ? int.MaxValue : RunFailuresText.DocumentLength, cancellationToken);
            if (json)
                JsonOutput.Write(failures);
            else
                RunFailuresText.Write(AnsiConsole.Console, failures);
            return ExitCode.Done;
        });
        return command;
    }
}
