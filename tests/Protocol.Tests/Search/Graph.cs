using System.Runtime.InteropServices;

namespace Migration.Protocol.Tests.Search;

/// <summary>States and moves as they were found: state by state its moves, and for each state the one that it was found from.</summary>
internal sealed class Graph
{
    private readonly List<int> _from = [];
    private readonly List<int> _ends = [];

    /// <summary>Twice the state's number, and one more where a record takes its worker down.</summary>
    private readonly List<int> _moves = [];

    public int Moves => _moves.Count;

    public void FoundFrom(int state) => _from.Add(state);

    public void Add(int state, bool isDeath) => _moves.Add((state * 2) + (isDeath ? 1 : 0));

    /// <summary>The moves of the next state follow.</summary>
    public void Close() => _ends.Add(_moves.Count);

    /// <summary>States from the first one to this one.</summary>
    public List<int> PathTo(int state)
    {
        var path = new List<int>();
        for (var at = state; at >= 0; at = _from[at])
            path.Add(at);
        path.Reverse();
        return path;
    }

    /// <summary>Takes away states that nothing leads to any more; a cycle is what remains.</summary>
    /// <returns>The most deaths and the most moves of any history, and a state of a cycle, or -1.</returns>
    public (int Deaths, int Length, int OnCycle) LongestPaths()
    {
        var (incoming, deaths, length) = (new int[_ends.Count], new byte[_ends.Count], new ushort[_ends.Count]);
        foreach (var move in CollectionsMarshal.AsSpan(_moves))
            incoming[move >> 1]++;
        var (ready, left) = (new Stack<int>([0]), _ends.Count);
        while (ready.TryPop(out var state))
        {
            left--;
            for (var n = state == 0 ? 0 : _ends[state - 1]; n < _ends[state]; n++)
            {
                var next = _moves[n] >> 1;
                deaths[next] = (byte)Math.Max(deaths[next], deaths[state] + (_moves[n] & 1));
                length[next] = (ushort)Math.Max(length[next], length[state] + 1);
                if (--incoming[next] == 0)
                    ready.Push(next);
            }
        }

        return left > 0 ? (0, 0, Array.FindIndex(incoming, count => count > 0)) : (deaths.Max(), length.Max(), -1);
    }
}
