using System.CommandLine;
using Migration.Contracts.Ledger;
using Migration.Coordinator.Runs;
using Migration.Coordinator.Scaling.Kubernetes;
using Migration.Worker;
using Migration.Worker.Commands;

namespace Migration.Coordinator.Commands;

/// <summary>How many workers and where, for the commands that have slices worked on.</summary>
internal static class WorkerPlaceOptions
{
    private static readonly Option<int> Workers = new("--workers", "-w")
    {
        Description = "How many workers to start (on Kubernetes default: the worker Job's parallelism)",
        DefaultValueFactory = _ => 2,
    };

    private static readonly Option<bool> Local = new("--local") { Description = "Workers are processes on this machine (default with a broker)" };
    private static readonly Option<bool> InProcess = new("--in-process") { Description = "Workers live in this process, without a broker (default without one)" };
    private static readonly Option<bool> External = new("--external") { Description = "Workers are started elsewhere" };
    private static readonly Option<string?> LogFolder = new("--log-folder") { Description = "Where local workers log (default: below the temporary folder)" };

    public static void AddTo(Command command)
    {
        foreach (var option in new Option[] { Workers, Local, InProcess, External, LogFolder })
            command.Options.Add(option);
        KubernetesOptions.AddTo(command);
    }

    /// <exception cref="UserException">The options contradict each other or are out of range, or the worker Job cannot be used.</exception>
    public static RunRequest Read(ParseResult parsed, string? runName)
    {
        var place = ReadPlace(parsed);
        var given = parsed.GetResult(Workers) is { Implicit: false };
        var workers = parsed.GetValue(Workers);
        if (workers is < 1 or > ScalingLedger.MostWorkers)
            throw new UserException($"--workers {workers}: give a number from 1 to {ScalingLedger.MostWorkers}.");
        var request = new RunRequest(runName, workers, place, parsed.GetValue(LogFolder), parsed.GetValue(CommandLine.Debug));
        if (KubernetesOptions.Read(parsed, place == WorkerPlace.Kubernetes, given ? workers : null) is not { } kubernetes)
            return request;
        var template = WorkerJobTemplate.Load(kubernetes.WorkerJob);
        return request with
        {
            Kubernetes = kubernetes,
            Template = template,
            Workers = kubernetes.Workers ?? template.Parallelism ?? throw new UserException(
                $"The worker Job {kubernetes.WorkerJob} does not say how many workers there shall be: add spec.parallelism, or say --workers N."),
        };
    }

    private static WorkerPlace? ReadPlace(ParseResult parsed)
    {
        var places = new[]
        {
            (Local, WorkerPlace.Local), (InProcess, WorkerPlace.InProcess), (External, WorkerPlace.External),
            (KubernetesOptions.Kubernetes, WorkerPlace.Kubernetes),
        }.Where(place => parsed.GetValue(place.Item1)).Select(place => (WorkerPlace?)place.Item2).ToList();
        return places.Count > 1
            ? throw new UserException("Say one of --local, --in-process, --external and --kubernetes.")
            : places.SingleOrDefault();
    }
}
