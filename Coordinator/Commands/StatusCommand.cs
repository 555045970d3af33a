using System.CommandLine;
using Migration.Coordinator.Tracking;
using Migration.Worker;
using Npgsql;
using Spectre.Console;

namespace Migration.Coordinator.Commands;

/// <summary><c>coordinator status [NAME]</c>: where all runs stand, or how far one is. Only looks.</summary>
internal static class StatusCommand
{
    private static readonly Argument<string?> Name = new("NAME")
    {
        Description = "The run's name (default: all runs)",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<bool> Watch = new("--watch") { Description = "Go on looking: one run until it is over, all until Ctrl-C" };
    private static readonly Option<bool> Json = new("--json") { Description = "Print JSON; with --watch one line for each look" };

    public static Command Create()
    {
        var command = new Command("status", "Say how far a run is, or where all runs stand")
        {
            Name, LedgerOptions.Target, LedgerOptions.File, Watch, Json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var target = LedgerOptions.Open(parsed);
            var console = AnsiConsole.Console.WithRoom();
            var watch = parsed.GetValue(Watch) ? new StatusWatch(target, console, TimeProvider.System) : null;
            try
            {
                await (parsed.GetValue(Name) is { } name
                    ? OneAsync(target, name, watch, parsed.GetValue(Json), console, cancellationToken)
                    : AllAsync(target, watch, parsed.GetValue(Json), console, cancellationToken));
            }
            catch (OperationCanceledException) when (watch is not null && cancellationToken.IsCancellationRequested)
            {
                // Ctrl-C is how one stops watching; nothing was interrupted by it.
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static async Task OneAsync(
        NpgsqlDataSource target, string name, StatusWatch? watch, bool json, IAnsiConsole console, CancellationToken cancellationToken)
    {
        if (json && watch is not null)
        {
            await watch.FollowAsync(name, status => JsonOutput.Write(status, indented: false), cancellationToken);
            return;
        }

        if (watch is not null)
            await watch.FollowAsync(name, cancellationToken);
        var status = await RunStatus.BuildAsync(target, name, cancellationToken);
        if (json)
            JsonOutput.Write(status);
        else
            RunStatusText.Write(console, status);
    }

    private static async Task AllAsync(
        NpgsqlDataSource target, StatusWatch? watch, bool json, IAnsiConsole console, CancellationToken cancellationToken)
    {
        if (watch is not null)
        {
            await (json
                ? watch.FollowAllAsync(runs => JsonOutput.Write(runs, indented: false), cancellationToken)
                : watch.ShowAllAsync(cancellationToken));
            return;
        }

        var runs = await RunSummary.ListAsync(target, cancellationToken);
        if (json)
            JsonOutput.Write(runs);
        else if (runs.Count == 0)
            console.Line("The ledger has no run yet.");
        else
            console.Write(RunStatusText.Table(runs));
    }
}
