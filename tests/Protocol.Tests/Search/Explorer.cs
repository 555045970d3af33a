using System.Diagnostics;
using Migration.Protocol.Tests.Model;

namespace Migration.Protocol.Tests.Search;

/// <summary>
/// Visits every state that can be reached, breadth first, so that the history which leads to the first broken one is a
/// shortest one. Where nothing is broken it shows in addition that every history comes to an end.
/// </summary>
/// <remarks>
/// A graph without a cycle, whose every end is a state in which all slices have their outcome, is more than a way out of
/// every state: it leaves no way that does not lead there, however unfairly steps are chosen.
/// </remarks>
public static class Explorer
{
    /// <exception cref="InvalidOperationException">More states than that; the bounds are too wide for a test.</exception>
    public static Finding Explore(Scenario scenario, int mostStates = 3_000_000)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        var (clock, moves, states, graph) = (Stopwatch.StartNew(), new Moves(scenario, named: false), new StateSet(), new Graph());
        states.Add(Moves.Start(scenario));
        graph.FoundFrom(-1);
        for (var at = 0; at < states.Count; at++)
        {
            var state = states[at];
            if (Invariants.Broken(state, scenario) is { } broken)
                return Finding.Of(scenario, states, graph, clock.Elapsed, broken, at);
            var next = moves.Of(state);
            if (next.Count == 0 && Invariants.BrokenAtTheEnd(state) is { } stuck)
                return Finding.Of(scenario, states, graph, clock.Elapsed, stuck, at);
            foreach (var move in next)
            {
                var (number, isNew) = states.Add(move.World);
                if (isNew)
                    graph.FoundFrom(at);
                graph.Add(number, move.IsDeath);
            }

            graph.Close();
            if (states.Count > mostStates)
                throw new InvalidOperationException($"{scenario}: more than {mostStates:N0} states.");
        }

        var (deaths, length, onCycle) = graph.LongestPaths();
        return onCycle >= 0
            ? Finding.Of(scenario, states, graph, clock.Elapsed, "histories without an end begin here", onCycle)
            : Finding.Of(scenario, states, graph, clock.Elapsed, null, 0) with { MostDeaths = deaths, LongestHistory = length };
    }
}
