using System.Runtime.InteropServices;
using Migration.Protocol.Tests.Model;

namespace Migration.Protocol.Tests.Search;

/// <summary>States by number in the order in which they were found, and each of them once: a hash table over their bytes.</summary>
internal sealed class StateSet
{
    private World[] _states = new World[1 << 12];
    private int[] _slots = new int[1 << 14];

    public int Count { get; private set; }

    public ref readonly World this[int number] => ref _states[number];

    /// <returns>The state's number, and whether it is new.</returns>
    public (int Number, bool IsNew) Add(in World state)
    {
        if (Count * 2 > _slots.Length)
            Grow();
        var slot = Find(state);
        if (_slots[slot] != 0)
            return (_slots[slot] - 1, false);
        if (Count == _states.Length)
            Array.Resize(ref _states, _states.Length * 2);
        _states[Count] = state;
        _slots[slot] = ++Count;
        return (Count - 1, true);
    }

    public static bool AreSame(in World left, in World right) => Bytes(left).SequenceEqual(Bytes(right));

    private int Find(in World state)
    {
        var bytes = Bytes(state);
        var slot = (int)(Hash(bytes) & (uint)(_slots.Length - 1));
        while (_slots[slot] != 0 && !Bytes(_states[_slots[slot] - 1]).SequenceEqual(bytes))
            slot = (slot + 1) & (_slots.Length - 1);
        return slot;
    }

    private void Grow()
    {
        _slots = new int[_slots.Length * 2];
        for (var number = 0; number < Count; number++)
            _slots[Find(_states[number])] = number + 1;
    }

    private static ReadOnlySpan<byte> Bytes(in World state) => MemoryMarshal.AsBytes(new ReadOnlySpan<World>(in state));

    /// <summary>Eight bytes at a time; the search lives by its speed.</summary>
    private static uint Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = 0x9E3779B97F4A7C15UL;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
            hash = ulong.RotateLeft((hash ^ word) * 0xD6E8FEB86659FD93UL, 29);
        foreach (var rest in bytes[(words.Length * sizeof(ulong))..])
            hash = (hash ^ rest) * 0x100000001B3UL;
        return (uint)((hash ^ hash >> 32) * 0x9E3779B97F4A7C15UL >> 32);
    }
}
