using System.CommandLine;
using Migration.Contracts.Migrations;
using Migration.Coordinator.Runs;
using Migration.Worker;
using Spectre.Console;

namespace Migration.Coordinator.Commands;

/// <summary><c>coordinator run FILE</c>: the whole of a migration, from plan to report; again, it goes on.</summary>
internal static class RunCommand
{
    private static readonly Argument<string> File = new("FILE") { Description = "The migration file (YAML)" };

    private static readonly Option<string?> Name = new("--name")
    {
        Description = "The run's name; the same name goes on with the run (default: the file's)",
    };

    public static Command Create()
    {
        var command = new Command("run", "Plan, migrate and report; with the name of a run that was interrupted, go on with it")
        {
            File, Name,
        };
        WorkerPlaceOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var request = WorkerPlaceOptions.Read(parsed, parsed.GetValue(Name));
            var file = MigrationFileLoader.Load(parsed.GetValue(File)!, Environment.GetEnvironmentVariable);
            try
            {
                using var driver = new RunDriver(request, file, AnsiConsole.Console);
                return await driver.DriveAsync(cancellationToken);
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
}
