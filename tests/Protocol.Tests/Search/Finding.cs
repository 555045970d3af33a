using System.Globalization;
using Migration.Protocol.Tests.Model;

namespace Migration.Protocol.Tests.Search;

/// <summary>What a search came to.</summary>
/// <param name="Broken">What does not hold; null when all states were visited and everything holds in them.</param>
/// <param name="Trace">What happened on a shortest way there.</param>
public sealed record Finding(
    Scenario Scenario, int States, int Moves, TimeSpan Time, string? Broken, IReadOnlyList<string> Trace)
{
    /// <summary>Workers that records took down, in the worst history; 0 where histories may go round.</summary>
    public int MostDeaths { get; init; }

    /// <summary>In moves; 0 where histories may go round.</summary>
    public int LongestHistory { get; init; }

    internal static Finding Of(Scenario scenario, StateSet states, Graph graph, TimeSpan time, string? broken, IReadOnlyList<int> history)
        => new(scenario, states.Count, graph.Moves, time, broken, Retell(scenario, states, history));

    /// <summary>The labels of the moves from state to state; they were not kept while searching.</summary>
    private static List<string> Retell(Scenario scenario, StateSet states, IReadOnlyList<int> path)
    {
        var moves = new Moves(scenario, named: true);
        return [.. path.Zip(path.Skip(1), (from, to) =>
            moves.Of(states[from]).First(move => StateSet.AreSame(move.World, states[to])).Label)];
    }

    public override string ToString()
    {
        var head = string.Create(
            CultureInfo.InvariantCulture, $"{Scenario}: {States:N0} states, {Moves:N0} moves, {Time.TotalSeconds:0.0} s");
        return Broken is null
            ? head + (LongestHistory > 0 ? $", longest history {LongestHistory}, most deaths {MostDeaths}" : "")
            : $"{head}\n  {Broken}:\n{string.Join('\n', Trace.Select((step, n) => $"  {n + 1,2}. {step}"))}";
    }
}
