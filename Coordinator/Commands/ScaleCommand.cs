using System.CommandLine;
using System.Globalization;
using Migration.Contracts.Ledger;
using Migration.Coordinator.Tracking;
using Migration.Worker;
using Npgsql;
using Spectre.Console;

namespace Migration.Coordinator.Commands;

/// <summary><c>coordinator scale N [NAME]</c>: asks the coordinator that drives a run for so many workers.</summary>
internal static class ScaleCommand
{
    private static readonly Argument<string> Workers = new("N") { Description = "How many workers there shall be; 0 lets all go, and the run waits" };

    private static readonly Argument<string?> Name = new("NAME")
    {
        Description = "The run's name; not needed where the ledger has a single run",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static Command Create()
    {
        var command = new Command("scale", "Change how many workers a run has, while it goes on")
        {
            Workers, Name, LedgerOptions.Target, LedgerOptions.File,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var workers = Read(parsed.GetValue(Workers)!);
            await using var target = LedgerOptions.Open(parsed);
            var run = await new RunFinder(target).FindAsync(parsed.GetValue(Name), cancellationToken);
            await LedgerSchema.EnsureAsync(target, cancellationToken);
            await ScaleAsync(target, run, workers, AnsiConsole.Console.WithRoom(), cancellationToken);
            return ExitCode.Done;
        });

        return command;
    }

    /// <exception cref="UserException">It is no number of workers.</exception>
    internal static int Read(string text)
        => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var workers)
            && workers is >= 0 and <= ScalingLedger.MostWorkers
            ? workers
            : throw new UserException($"'{text}' workers: give a whole number from 0 to {ScalingLedger.MostWorkers:N0}.");

    private static async Task ScaleAsync(
        NpgsqlDataSource target, RunRecord run, int workers, IAnsiConsole console, CancellationToken cancellationToken)
    {
        var ledger = new ScalingLedger(target);
        var before = await ledger.FindAsync(run.Id, cancellationToken);
        Check(run, before);
        await ledger.WantAsync(run.Id, workers, cancellationToken);
        console.MarkupLineInterpolated($"Run [bold]{run.Name}[/]: {workers:N0} workers are wanted instead of {before!.Wanted:N0}.");
        console.Line(WhatComes(before, workers));
        if (!await RunLock.IsHeldAsync(target, run.Name, cancellationToken))
            console.MarkupLineInterpolated($"[yellow]No coordinator drives the run now:[/] it happens when one does.");
    }

    private static void Check(RunRecord run, ScalingRecord? scaling)
    {
        if (run.State is RunState.Completed or RunState.Incomplete)
            throw new UserException($"Run '{run.Name}' is over ({run.State.ToString().ToLowerInvariant()}): it has no workers to scale.");
        if (scaling is not { Wanted: not null })
        {
            throw new UserException(scaling?.Place switch
            {
                WorkerPlace.InProcess => $"Run '{run.Name}' has its workers in the coordinator's own process, as many as it was started with: stop it and start it with another --workers.",
                WorkerPlace.External => $"Run '{run.Name}' has workers that are started elsewhere (--external): start or stop them there.",
                _ => $"Run '{run.Name}' has no workers yet: say how many with 'coordinator run --workers N'.",
            });
        }
    }

    private static string WhatComes(ScalingRecord before, int workers)
    {
        if (workers == 0)
            return "All workers commit the batch in hand, hand back their slices and end. The run waits until more are wanted.";
        if (workers < before.Wanted)
            return "The workers that are too many commit the batch in hand, hand back their slices and end.";
        return before.Place == WorkerPlace.Kubernetes
            ? "The Job is raised in waves, each when the one before is ready; 'coordinator status' says what is in the way."
            : "The coordinator starts the others within seconds.";
    }
}
