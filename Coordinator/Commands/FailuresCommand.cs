using System.CommandLine;
using Migration.Contracts.Ledger;
using Migration.Coordinator.Failures;
using Migration.Worker;
using Spectre.Console;

namespace Migration.Coordinator.Commands;

/// <summary><c>coordinator failures [NAME]</c>: what failed, by cause, with an example of each. Only looks.</summary>
internal static class FailuresCommand
{
    private static readonly Argument<string?> Name = new("NAME")
    {
        Description = "The run's name (default: the only run in the ledger)",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string> By = CreateBy();
    private static readonly Option<bool> Json = new("--json") { Description = "Print JSON, with the whole document of each example" };

    public static Command Create()
    {
        var command = new Command("failures", "List records in quarantine, slices that gave up and paused collections, grouped")
        {
            Name, LedgerOptions.Target, LedgerOptions.File, By, Json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var target = LedgerOptions.Open(parsed);
            var by = Enum.Parse<FailureGrouping>(parsed.GetValue(By)!, ignoreCase: true);
            var listing = await FailureListing.BuildAsync(target, parsed.GetValue(Name), by, cancellationToken);
            if (parsed.GetValue(Json))
            {
                await using var output = Console.OpenStandardOutput();
                await JsonOutput.WriteAsync(output, FailuresJson.Of(listing, new FailureLedger(target)), cancellationToken);
            }
            else
            {
                FailuresText.Write(AnsiConsole.Console, listing);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static Option<string> CreateBy()
    {
        var option = new Option<string>("--by")
        {
            Description = "What to group by; slices have no column and are then grouped by cause",
            HelpName = "cause|collection|column|slice",
            DefaultValueFactory = _ => "cause",
        };
        option.AcceptOnlyFromAmong("cause", "collection", "column", "slice");
        return option;
    }
}
