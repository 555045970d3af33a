namespace Migration.Protocol.Tests.Model;

/// <summary>
/// The ids of a slice's messages. All that matters is which are the same, so they are numbered anew in every state: first
/// those in hand, then the one that the slice is claimed by, then those in the queue.
/// </summary>
internal static class Messages
{
    /// <summary>Bits 1 to 15 of two bytes. More messages of one slice that somebody has had are not met within the bounds.</summary>
    private const int Most = 15;

    public static byte Unused(in World world, int number)
    {
        var used = world.Slices[number].Redelivered | 1 << world.Slices[number].Message;
        for (var n = 0; n < World.MostHands; n++)
        {
            if (world.Hands[n].Step != Step.Idle && world.Hands[n].Slice == number)
                used |= 1 << world.Hands[n].Message;
        }

        for (byte message = 1; message <= Most; message++)
        {
            if ((used >> message & 1) == 0)
                return message;
        }

        throw new InvalidOperationException($"Slice {number} has more than {Most} messages; the model has no ids for them.");
    }

    public static void Renumber(ref World world)
    {
        for (var number = 0; number < World.MostSlices; number++)
            Renumber(ref world, number);
    }

    private static void Renumber(ref World world, int number)
    {
        ref var slice = ref world.Slices[number];
        Span<byte> ids = stackalloc byte[Most + 1];
        byte last = 0;
        for (var n = 0; n < World.MostHands; n++)
        {
            ref var hand = ref world.Hands[n];
            if (hand.Step != Step.Idle && hand.Slice == number)
                hand.Message = Number(ids, hand.Message, ref last);
        }

        if (slice.Message != 0)
            slice.Message = Number(ids, slice.Message, ref last);
        var redelivered = 0;
        for (byte message = 1; message <= Most; message++)
        {
            if ((slice.Redelivered >> message & 1) == 1)
                redelivered |= 1 << Number(ids, message, ref last);
        }

        slice.Redelivered = (ushort)redelivered;
    }

    private static byte Number(Span<byte> ids, byte message, ref byte last)
        => ids[message] != 0 ? ids[message] : ids[message] = ++last;
}
