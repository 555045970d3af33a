using System.Runtime.InteropServices;

namespace Migration.Protocol.Tests.Search;

/// <summary>States and moves as they were found: state by state its moves, and for each state the one that it was found from.</summary>
internal sealed class Graph
{
    private readonly List<int> _from = [];
    private readonly List<int> _ends = [];

    /// <summary>Four times the state's number, one more where a record takes its worker down, two more where something goes wrong.</summary>
    private readonly List<int> _moves = [];

    public int Moves => _moves.Count;

    public void FoundFrom(int state) => _from.Add(state);

    public void Add(int state, bool isDeath, bool isFault) => _moves.Add((state * 4) + (isDeath ? 1 : 0) + (isFault ? 2 : 0));

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

    /// <summary>States on a shortest way from this one back to it, both ends left out.</summary>
    public List<int> WayBackTo(int state)
    {
        var (from, queue) = (new Dictionary<int, int>(), new Queue<int>([state]));
        while (queue.TryDequeue(out var at))
        {
            for (var n = at == 0 ? 0 : _ends[at - 1]; n < _ends[at]; n++)
            {
                var next = _moves[n] >> 2;
                if (next == state)
                {
                    var way = new List<int>();
                    for (; at != state; at = from[at])
                        way.Insert(0, at);
                    return way;
                }

                if (from.TryAdd(next, at))
                    queue.Enqueue(next);
            }
        }

        throw new InvalidOperationException("It is on no cycle.");
    }

    /// <summary>Goes back from all ends, by moves in which nothing goes wrong.</summary>
    /// <returns>The first state that no end can be reached from; -1 when there is none.</returns>
    public int FirstWithoutEnd()
    {
        var (first, before) = Reverse();
        var ends = new Stack<int>(Enumerable.Range(0, _ends.Count).Where(state => _ends[state] == (state == 0 ? 0 : _ends[state - 1])));
        var canEnd = new bool[_ends.Count];
        while (ends.TryPop(out var state))
        {
            if (canEnd[state])
                continue;
            canEnd[state] = true;
            for (var n = first[state]; n < first[state + 1]; n++)
                ends.Push(before[n]);
        }

        return Array.IndexOf(canEnd, false);
    }

    private (int[] First, int[] Before) Reverse()
    {
        var (first, before) = (new int[_ends.Count + 1], new int[_moves.Count]);
        foreach (var move in _moves.Where(move => (move & 2) == 0))
            first[(move >> 2) + 1]++;
        for (var state = 0; state < _ends.Count; state++)
            first[state + 1] += first[state];
        var next = first.AsSpan(0, _ends.Count).ToArray();
        for (var state = 0; state < _ends.Count; state++)
        {
            for (var n = state == 0 ? 0 : _ends[state - 1]; n < _ends[state]; n++)
            {
                if ((_moves[n] & 2) == 0)
                    before[next[_moves[n] >> 2]++] = state;
            }
        }

        return (first, before);
    }

    /// <summary>Takes away states that nothing leads to any more; a cycle is what remains.</summary>
    /// <returns>The most deaths and the most moves of any history, and a state of a cycle, or -1.</returns>
    public (int Deaths, int Length, int OnCycle) LongestPaths()
    {
        var (incoming, deaths, length) = (new int[_ends.Count], new byte[_ends.Count], new ushort[_ends.Count]);
        foreach (var move in CollectionsMarshal.AsSpan(_moves))
            incoming[move >> 2]++;
        var (ready, left) = (new Stack<int>([0]), _ends.Count);
        while (ready.TryPop(out var state))
        {
            left--;
            for (var n = state == 0 ? 0 : _ends[state - 1]; n < _ends[state]; n++)
            {
                var next = _moves[n] >> 2;
                deaths[next] = (byte)Math.Max(deaths[next], deaths[state] + (_moves[n] & 1));
                length[next] = (ushort)Math.Max(length[next], length[state] + 1);
                if (--incoming[next] == 0)
                    ready.Push(next);
            }
        }

        return left > 0 ? (0, 0, FindCycle(incoming)) : (deaths.Max(), length.Max(), -1);
    }

    /// <summary>Of states that are on a cycle or that one leads to, one that is on it.</summary>
    private int FindCycle(int[] incoming)
    {
        var (next, isOnWay) = (new int[_ends.Count], new bool[_ends.Count]);
        for (var start = 0; start < _ends.Count; start++)
        {
            // What lies behind a cycle is left over as well, and leads to none.
            if (incoming[start] > 0 && next[start] == 0 && FindCycleFrom(start, next, isOnWay) is >= 0 and var found)
                return found;
        }

        throw new InvalidOperationException("There is no cycle.");
    }

    /// <summary>Depth first, until a state is met on its own way; -1 when none is.</summary>
    /// <param name="next">How many moves of each state were tried.</param>
    private int FindCycleFrom(int start, int[] next, bool[] isOnWay)
    {
        var way = new Stack<int>([start]);
        while (way.TryPeek(out var state))
        {
            var begin = state == 0 ? 0 : _ends[state - 1];
            isOnWay[state] = true;
            if (begin + next[state] == _ends[state])
            {
                isOnWay[way.Pop()] = false;
                continue;
            }

            var to = _moves[begin + next[state]++] >> 2;
            if (isOnWay[to])
                return to;
            if (next[to] == 0)
                way.Push(to);
        }

        return -1;
    }
}
