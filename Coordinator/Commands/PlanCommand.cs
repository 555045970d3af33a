using System.CommandLine;
using Migration.Contracts.Migrations;
using Migration.Coordinator.Planning;
using Migration.Coordinator.Scaling.Kubernetes;
using Migration.Worker;
using Spectre.Console;

namespace Migration.Coordinator.Commands;

/// <summary>
/// <c>coordinator plan FILE</c>: what a run would do, measured; <c>coordinator plan --records N ...</c>: the same in
/// numbers alone, with no file and no server. Creates nothing.
/// </summary>
internal static class PlanCommand
{
    private const int MostWorkers = 10_000;

    private static readonly Argument<string?> File = new("FILE")
    {
        Description = "The migration file (YAML); without it, --records and --seconds-per-record",
        Arity = ArgumentArity.ZeroOrOne,
    };

    // Text, so that what cannot be a number is answered with a sentence that says what can.
    private static readonly Option<string?> Records = new("--records") { Description = "Without a file: how many records there are", HelpName = "N" };

    private static readonly Option<string?> Seconds = new("--seconds-per-record")
    {
        Description = "Without a file: how long one record takes",
        HelpName = "S",
    };

    private static readonly Option<string?> Hours = new("--hours")
    {
        Description = "The window: how many workers finish in it (default without a file: 1, 5, 12 and 24)",
        HelpName = "H",
    };

    private static readonly Option<string?> Concurrency = new("--concurrency")
    {
        Description = "Without a file: records in flight in each worker (default: 1)",
        HelpName = "C",
    };

    private static readonly Option<int?> Workers = new("--workers", "-w")
    {
        Description = "With a file: how long it takes with so many workers (default: 2; on Kubernetes the worker Job's parallelism)",
        HelpName = "N",
    };

    private static readonly Option<bool> Json = new("--json") { Description = "Print JSON" };

    public static Command Create()
    {
        var command = new Command("plan", "Say what a run would do and how many workers it needs; creates nothing")
        {
            File, Records, Seconds, Hours, Concurrency, Workers, Json,
        };
        KubernetesOptions.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
            parsed.GetValue(File) is { } file ? WithFileAsync(parsed, file, cancellationToken) : Task.FromResult(Offline(parsed)));
        return command;
    }

    private static int Offline(ParseResult parsed)
    {
        if (parsed.GetValue(Records) is null && parsed.GetValue(Seconds) is null)
            throw new UserException("Say what to plan: a migration file, or --records N --seconds-per-record S [--hours H].");
        if (parsed.GetValue(Workers) is not null)
            throw new UserException("--workers goes with a migration file; without one, the answer is the number of workers.");
        if (ReadCluster(parsed) is not null)
            throw new UserException("--kubernetes goes with a migration file.");
        var question = WorkerPlanQuestion.Read(
            parsed.GetValue(Records), parsed.GetValue(Seconds), parsed.GetValue(Hours), parsed.GetValue(Concurrency));
        if (parsed.GetValue(Json))
            JsonOutput.Write(WorkerPlanAnswer.To(question));
        else
            WorkerPlanText.Write(AnsiConsole.Console.WithRoom(), question);
        return ExitCode.Done;
    }

    private static async Task<int> WithFileAsync(ParseResult parsed, string path, CancellationToken cancellationToken)
    {
        foreach (var option in new[] { Records, Seconds, Concurrency }.Where(option => parsed.GetValue(option) is not null))
            throw new UserException($"{option.Name} is for planning without a migration file, where it is measured or read: leave one of them out.");
        var cluster = ReadCluster(parsed);
        var template = cluster is null ? null : WorkerJobTemplate.Load(cluster.WorkerJob);
        var workers = parsed.GetValue(Workers) ?? template?.Parallelism ?? 2;
        if (workers is < 1 or > MostWorkers)
            throw new UserException($"--workers {workers}: give a number from 1 to {MostWorkers:N0}.");
        var hours = WorkerPlanQuestion.ReadHours(parsed.GetValue(Hours));
        var file = MigrationFileLoader.Load(path, Environment.GetEnvironmentVariable);
        var plan = await MigrationPlan.MakeAsync(file, workers, hours, cancellationToken);
        if (cluster is not null)
            plan = await plan.WithClusterAsync(() => ClusterSurveyor.TakeAsync(cluster, template!, file.Name, workers, cancellationToken));
        if (parsed.GetValue(Json))
            JsonOutput.Write(plan);
        else
            MigrationPlanText.Write(AnsiConsole.Console.WithRoom(), plan);
        return plan.ExitCode;
    }

    private static KubernetesRequest? ReadCluster(ParseResult parsed)
        => KubernetesOptions.Read(parsed, parsed.GetValue(KubernetesOptions.Kubernetes), parsed.GetValue(Workers));
}
