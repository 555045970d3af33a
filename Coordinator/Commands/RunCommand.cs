using System.CommandLine;
using Migration.Contracts.Migrations;
using Migration.Coordinator.Runs;
using Migration.Worker;
using Migration.Worker.Commands;
using Spectre.Console;

namespace Migration.Coordinator.Commands;

/// <summary><c>coordinator run FILE</c>: the whole of a migration, from plan to report; again, it goes on.</summary>
internal static class RunCommand
{
    private const int MostWorkers = 10_000;

    private static readonly Argument<string> File = new("FILE") { Description = "The migration file (YAML)" };

    private static readonly Option<string?> Name = new("--name")
    {
        Description = "The run's name; the same name goes on with the run (default: the file's)",
    };

    private static readonly Option<int> Workers = new("--workers", "-w")
    {
        Description = "How many workers to start",
        DefaultValueFactory = _ => 2,
    };

    private static readonly Option<bool> Local = new("--local") { Description = "Workers are processes on this machine (default with a broker)" };
    private static readonly Option<bool> InProcess = new("--in-process") { Description = "Workers live in this process, without a broker (default without one)" };
    private static readonly Option<bool> External = new("--external") { Description = "Workers are started elsewhere" };
    private static readonly Option<string?> LogFolder = new("--log-folder") { Description = "Where local workers log (default: below the temporary folder)" };

    public static Command Create()
    {
        var command = new Command("run", "Plan, migrate and report; with the name of a run that was interrupted, go on with it")
        {
            File, Name, Workers, Local, InProcess, External, LogFolder,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var request = Read(parsed);
            var file = MigrationFileLoader.Load(request.File, Environment.GetEnvironmentVariable);
            try
            {
                return await new RunDriver(request, file, AnsiConsole.Console).DriveAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw new UserException(
                    ExitCode.Interrupted, "Interrupted. What is committed stays; run the same command again to go on.");
            }
            catch (OperationCanceledException e)
            {
                // Nobody asked for it: a client gave up on a server that does not answer.
                throw new UserException(
                    ExitCode.Unreachable,
                    $"A server stopped answering: {TransientRetry.FirstLine(e)} What is committed stays; run the same command again to go on.", e);
            }
        });
        return command;
    }

    private static RunRequest Read(ParseResult parsed)
    {
        var places = new[] { (Local, WorkerPlace.Local), (InProcess, WorkerPlace.InProcess), (External, WorkerPlace.External) }
            .Where(place => parsed.GetValue(place.Item1)).Select(place => (WorkerPlace?)place.Item2).ToList();
        if (places.Count > 1)
            throw new UserException("Say one of --local, --in-process and --external.");
        var workers = parsed.GetValue(Workers);
        if (workers is < 1 or > MostWorkers)
            throw new UserException($"--workers {workers}: give a number from 1 to {MostWorkers}.");
        return new RunRequest(
            parsed.GetValue(File)!, parsed.GetValue(Name), workers, places.SingleOrDefault(),
            parsed.GetValue(LogFolder), parsed.GetValue(CommandLine.Debug));
    }
}
