using System.CommandLine;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Migrations;
using Migration.Coordinator.Checking;
using Migration.Coordinator.Sampling;
using Migration.Worker;
using Migration.Worker.Commands;
using Migration.Worker.Hosting;
using Spectre.Console;

namespace Migration.Coordinator.Commands;

/// <summary><c>coordinator check FILE</c>: what a run would quarantine and what it would be refused for, before anything is written.</summary>
internal static class CheckCommand
{
    private const int MostSampled = 10_000_000;

    private static readonly Argument<string> File = new("FILE") { Description = "The migration file (YAML)" };

    private static readonly Option<bool> Full = new("--full") { Description = "Try every record, not a sample" };

    private static readonly Option<int> Sample = new("--sample")
    {
        Description = "Records of each collection to try, spread over all its keys",
        HelpName = "N",
        DefaultValueFactory = _ => 1_000,
    };

    private static readonly Option<bool> Json = new("--json") { Description = "Print JSON" };

    public static Command Create()
    {
        var command = new Command("check", "Try a migration file on its source and target, and say what would not arrive; writes nothing")
        {
            File, Full, Sample, Json,
        };
        command.SetAction(CheckAsync);
        return command;
    }

    private static async Task<int> CheckAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var sample = parsed.GetValue(Sample);
        if (sample is < 1 or > MostSampled)
            throw new UserException($"{Sample.Name} is {sample}; give a number from 1 to {MostSampled:N0}.");
        if (parsed.GetValue(Full) && parsed.GetResult(Sample) is { Implicit: false })
            throw new UserException($"Say {Full.Name} or {Sample.Name}, not both.");
        var file = MigrationFileLoader.Load(parsed.GetValue(File)!, Environment.GetEnvironmentVariable);
        using var loggers = LoggerFactory.Create(logging => logging.AddWorkerConsole(parsed.GetValue(CommandLine.Debug)));
        var check = await CheckAsync(file, parsed.GetValue(Full) ? null : sample, loggers.CreateLogger<FileCheck>(), cancellationToken);
        if (parsed.GetValue(Json))
            JsonOutput.Write(check);
        else
            FileCheckText.Write(AnsiConsole.Console.WithRoom(), check);
        return check.ExitCode;
    }

    private static async Task<FileCheck> CheckAsync(MigrationFile file, int? sample, ILogger logger, CancellationToken cancellationToken)
    {
        using var progress = new ReadingProgress(Console.Error, TimeProvider.System);
        return await FileCheck.MakeAsync(file, sample, progress, logger, cancellationToken);
    }
}
