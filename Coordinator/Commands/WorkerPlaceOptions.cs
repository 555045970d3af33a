using System.CommandLine;
using Migration.Coordinator.Runs;
using Migration.Worker;
using Migration.Worker.Commands;

namespace Migration.Coordinator.Commands;

/// <summary>How many workers and where, for the commands that have slices worked on.</summary>
internal static class WorkerPlaceOptions
{
    private const int MostWorkers = 10_000;

    private static readonly Option<int> Workers = new("--workers", "-w")
    {
        Description = "How many workers to start",
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
    }

    /// <exception cref="UserException">The options contradict each other, or are out of range.</exception>
    public static RunRequest Read(ParseResult parsed, string? runName)
    {
        var places = new[] { (Local, WorkerPlace.Local), (InProcess, WorkerPlace.InProcess), (External, WorkerPlace.External) }
            .Where(place => parsed.GetValue(place.Item1)).Select(place => (WorkerPlace?)place.Item2).ToList();
        if (places.Count > 1)
            throw new UserException("Say one of --local, --in-process and --external.");
        var workers = parsed.GetValue(Workers);
        if (workers is < 1 or > MostWorkers)
            throw new UserException($"--workers {workers}: give a number from 1 to {MostWorkers}.");
        return new RunRequest(
            runName, workers, places.SingleOrDefault(), parsed.GetValue(LogFolder), parsed.GetValue(CommandLine.Debug));
    }
}
