using Migration.Contracts.Ledger;
using Migration.Coordinator.Observing;
using Migration.Coordinator.Tracking;
using Spectre.Console;

namespace Migration.Coordinator.Building;

/// <summary>
/// Tells what is built: a line at the beginning, one now and then while it lasts, one at the end. Where progress is being
/// rewritten on a terminal the lines go above it.
/// </summary>
internal sealed class BuildNews(IAnsiConsole console, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly Lock _turn = new();
    private long _told = time.GetTimestamp();

    public void Begins(Build build) => Say($"After the load: {build.Definition}");

    public void Waits(Build build, int pid) => Say($"Waiting for an earlier attempt at {build}: PostgreSQL's process {pid} still works on it");

    public void Ends(Build build, BuildOutcome outcome, TimeSpan took)
    {
        if (outcome.State != BuildState.Present)
            Say($"{Capital(build.ToString())}: {BuildText.Outcome(build.Id.Kind, outcome.State, took.TotalSeconds, outcome.Note)}");
    }

    /// <summary>To be called as often as one likes; tells every ten seconds.</summary>
    public void Progress(IReadOnlyList<(Build Build, TimeSpan Since)> underWay)
    {
        if (underWay.Count == 0 || time.GetElapsedTime(_told) < Interval)
            return;
        foreach (var (build, since) in underWay)
            Say($"{Capital(build.ToString())}: under way for {DurationText.Short(since)}");
    }

    private void Say(string line)
    {
        lock (_turn)
        {
            _told = time.GetTimestamp();
            if (JsonLineWriter.Of(console) is null && LiveArea.CanBeOn(console))
                Console.Error.WriteLine(line);
            else
                console.Line(line);
        }
    }

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
