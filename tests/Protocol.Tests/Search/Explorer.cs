using System.Diagnostics;
using Migration.Protocol.Tests.Model;

namespace Migration.Protocol.Tests.Search;

/// <summary>
/// Visits every state that can be reached, breadth first, so that the history which leads to the first broken one is a
/// shortest one. Where nothing is broken it shows in addition that every history comes to an end.
/// </summary>
/// <remarks>
/// From every state there is a way to an end on which nothing goes wrong any more, and in every end all slices have their
/// outcome. Where the graph has no cycle either, every way leads there, however unfairly steps are chosen.
/// </remarks>
public static class Explorer
{
    /// <exception cref="InvalidOperationException">More states than that; the bounds are too wide for a test.</exception>
    public static Finding Explore(Scenario scenario, int mostStates = 1_500_000)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        var finding = Explore(scenario, mostStates, named: false);
        return finding.Broken is null ? finding : Explore(scenario, mostStates, named: true);
    }

    /// <param name="named">Without putting alike states together, and with a trace.</param>
    public static Finding Explore(Scenario scenario, int mostStates, bool named)
    {
        var (clock, moves, states, graph) = (Stopwatch.StartNew(), new Moves(scenario, named), new StateSet(), new Graph());
        states.Add(Moves.Start(scenario));
        graph.FoundFrom(-1);
        for (var at = 0; at < states.Count; at++)
        {
            var state = states[at];
            if (Invariants.Broken(state, scenario) is { } broken)
                return Finding.Of(scenario, states, graph, clock.Elapsed, broken, named ? graph.PathTo(at) : []);
            var next = moves.Of(state);
            if (next.Count == 0 && Invariants.BrokenAtTheEnd(state) is { } stuck)
                return Finding.Of(scenario, states, graph, clock.Elapsed, stuck, named ? graph.PathTo(at) : []);
            foreach (var move in next)
            {
                var (number, isNew) = states.Add(move.World);
                if (isNew)
                    graph.FoundFrom(at);
                graph.Add(number, move.IsDeath, move.IsFault);
            }

            graph.Close();
            if (states.Count > mostStates)
                throw new InvalidOperationException($"{scenario}: more than {mostStates:N0} states.");
        }

        var found = Finding.Of(scenario, states, graph, clock.Elapsed, null, []);
        if (graph.FirstWithoutEnd() is >= 0 and var lost)
            return Finding.Of(scenario, states, graph, clock.Elapsed, "from here on the run cannot end", named ? graph.PathTo(lost) : []);
        var (deaths, length, onCycle) = graph.LongestPaths();
        if (onCycle < 0)
            return found with { MostDeaths = deaths, LongestHistory = length, Time = clock.Elapsed };
        return scenario.MayGoRound
            ? found with { Time = clock.Elapsed }
            : Finding.Of(scenario, states, graph, clock.Elapsed, "this history never ends", named ? [.. graph.PathTo(onCycle), .. graph.WayBackTo(onCycle), onCycle] : []);
    }
}
