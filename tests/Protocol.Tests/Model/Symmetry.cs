using System.Runtime.InteropServices;

namespace Migration.Protocol.Tests.Model;

/// <summary>Takes one for all of the states that differ only in which worker, or which of its slots, is which.</summary>
internal static class Symmetry
{
    public static void Reduce(ref World world, Scenario scenario)
    {
        var hands = MemoryMarshal.CreateSpan(ref world.Hands[0], World.MostHands);
        if (scenario.AtATime == 2)
        {
            for (var n = 0; n < hands.Length; n += 2)
                Sort(ref hands[n], ref hands[n + 1]);
        }

        if (scenario.Workers == 2 && Compare(world, hands, scenario.AtATime) > 0)
            ChangePlaces(ref world, hands, scenario.AtATime);
    }

    private static void Sort(ref Hand left, ref Hand right)
    {
        if (Bytes(ref left).SequenceCompareTo(Bytes(ref right)) > 0)
            (left, right) = (right, left);
    }

    /// <summary>By their hands; where these are alike by what they own, and by their heartbeats.</summary>
    private static int Compare(in World world, Span<Hand> hands, int atATime)
    {
        var order = MemoryMarshal.AsBytes(hands[..atATime]).SequenceCompareTo(MemoryMarshal.AsBytes(hands.Slice(atATime, atATime)));
        for (var number = 0; number < World.MostSlices && order == 0; number++)
            order = world.Slices[number].Owner switch { 1 => 1, 2 => -1, _ => 0 };
        return order != 0 ? order : world.Lapsed == 1 << 2 ? 1 : 0;
    }

    private static void ChangePlaces(ref World world, Span<Hand> hands, int atATime)
    {
        for (var n = 0; n < atATime; n++)
            (hands[n], hands[atATime + n]) = (hands[atATime + n], hands[n]);
        for (var number = 0; number < World.MostSlices; number++)
        {
            ref var owner = ref world.Slices[number].Owner;
            owner = owner switch { 1 => 2, 2 => 1, _ => owner };
        }

        world.Lapsed = (byte)((world.Lapsed & 1 << 1) << 1 | (world.Lapsed & 1 << 2) >> 1);
    }

    private static Span<byte> Bytes(ref Hand hand) => MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref hand, 1));
}
