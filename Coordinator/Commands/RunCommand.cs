using System.CommandLine;
using Migration.Contracts.Migrations;
using Migration.Coordinator.Observing;
using Migration.Coordinator.Runs;
using Migration.Worker;
using Migration.Worker.Commands;
using Migration.Worker.Probes;

namespace Migration.Coordinator.Commands;

/// <summary><c>coordinator run FILE</c>: the whole of a migration, from plan to report; again, it goes on.</summary>
internal static class RunCommand
{
    private static readonly Argument<string> File = new("FILE") { Description = "The migration file (YAML)" };

    private static readonly Option<string?> Name = new("--name")
    {
        Description = "The run's name; the same name goes on with the run (default: the file's)",
    };

    private static readonly Option<bool> Stay = new("--stay")
    {
        Description = "After the run's end go on serving HTTP until told to stop, as a Deployment wants it",
    };

    public static Command Create()
    {
        var command = new Command("run", "Plan, migrate and report; with the name of a run that was interrupted, go on with it")
        {
            File, Name, Stay, PodOptions.HttpPort, PodOptions.Patience,
        };
        WorkerPlaceOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) => await RunAsync(parsed, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var request = WorkerPlaceOptions.Read(parsed, parsed.GetValue(Name));
        var (port, patience) = (PodOptions.ReadHttpPort(parsed), PodOptions.ReadPatience(parsed));
        var file = MigrationFileLoader.Load(parsed.GetValue(File)!, Environment.GetEnvironmentVariable);
        var name = request.Name ?? file.Name;
        using var observation = new RunObservation(patience, request.Debug);
        await using var pages = new RunPages(file, name);
        observation.Health.Wait("run", "it has not got its run yet");
        await using var probes = await ProbeServer.StartAsync(port, observation.Health, cancellationToken, pages.Map);
        observation.Health.Start();
        var console = JsonLineWriter.Console(name);
        using var driver = new RunDriver(request, file, console, observation);
        var code = await DriveAsync(driver, cancellationToken);
        if (!parsed.GetValue(Stay))
            return code;
        console.Line("The run has ended; staying to answer, until told to stop.");
        return await StayAsync(cancellationToken);
    }

    private static async Task<int> DriveAsync(RunDriver driver, CancellationToken cancellationToken)
    {
        try
        {
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
    }

    private static async Task<int> StayAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Told to stop; nothing is under way.
        }

        return ExitCode.Done;
    }
}
