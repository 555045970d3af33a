namespace Migration.Protocol.Tests.Model;

/// <summary>What broker and coordinator do: deliver, in any order; <c>Reconciler</c> and <c>SlicePublisher</c>.</summary>
internal readonly struct QueueMoves(Moves moves)
{
    private readonly Scenario _scenario = moves.Scenario;

    public void Add(in World world)
    {
        for (var worker = 1; worker <= _scenario.Workers; worker++)
            Deliver(world, worker);
        if (world.Lapsed != 0)
            WakeUp(world);
        for (var number = 0; number < World.MostSlices; number++)
        {
            if (world.Slices[number].Owner == Owner.JustDied)
                RunOut(world, number);
            if (_scenario.Mutation != Mutation.NoReconcile)
                Reconcile(world, number);
        }
    }

    private void Deliver(in World world, int worker)
    {
        var free = moves.HandsOf(worker);
        while (free < moves.HandsOf(worker + 1) && world.Hands[free].Step != Step.Idle)
            free++;
        if (free == moves.HandsOf(worker + 1))
            return;
        for (var number = 0; number < World.MostSlices; number++)
        {
            if (world.Slices[number].Fresh > 0)
                DeliverFresh(world, free, number);
            for (byte message = 1; world.Slices[number].Redelivered >> message != 0; message++)
            {
                if ((world.Slices[number].Redelivered >> message & 1) == 1)
                    DeliverAgain(world, free, number, message);
            }
        }
    }

    private void DeliverFresh(World world, int n, int number)
    {
        world.Slices[number].Fresh--;
        Deliver(world, n, number, Messages.Unused(world, number), isRedelivered: false);
    }

    private void DeliverAgain(World world, int n, int number, byte message)
    {
        world.Slices[number].Redelivered &= (ushort)~(1 << message);
        Deliver(world, n, number, message, isRedelivered: true);
    }

    private void Deliver(World world, int n, int number, byte message, bool isRedelivered)
    {
        var isTurnedAway = !isRedelivered && IsInHand(world, n, number);
        world.Hands[n] = new Hand
        {
            Step = isTurnedAway ? Step.Done : Step.Received,
            Slice = (byte)number,
            Message = message,
            IsRedelivered = isRedelivered,
            IsAttached = _scenario.Mutation != Mutation.AcknowledgeFirst,
        };
        moves.Add(world, moves.IsNamed ? $"{moves.Name(n)} is given slice {number}{(isRedelivered ? ", redelivered" : "")}" : "");
    }

    /// <summary><c>SlicesInHand</c>; a slice whose rest is being sent is let go already.</summary>
    private bool IsInHand(in World world, int n, int number)
    {
        var worker = moves.WorkerOf(n);
        for (var other = moves.HandsOf(worker); other < moves.HandsOf(worker + 1); other++)
        {
            if (world.Hands[other].Slice == number && world.Hands[other].Step is not (Step.Idle or Step.Sending or Step.Done))
                return true;
        }

        return false;
    }

    private void WakeUp(World world)
    {
        world.Lapsed = 0;
        moves.Add(world, "the worker's heartbeat is there again");
    }

    private void RunOut(World world, int number)
    {
        world.Slices[number].Owner = Owner.Dead;
        moves.Add(world, moves.IsNamed ? $"the lease of slice {number}'s dead owner runs out" : "");
    }

    private void Reconcile(World world, int number)
    {
        ref var slice = ref world.Slices[number];
        if (slice.IsToBeSent)
        {
            slice.IsToBeSent = false;
            slice.Fresh++;
            moves.Add(world, moves.IsNamed ? $"the coordinator sends slice {number}" : "");
        }
        else if (slice.State == SliceState.Running && !Ledger.IsLive(world, slice.Owner))
        {
            Ledger.Release(ref slice);
            slice.IsToBeSent = true;
            moves.Add(world, moves.IsNamed ? $"reconcile takes slice {number} from its silent owner" : "");
        }
        else if (slice.State == SliceState.Queued && IsQueueEmpty(world))
        {
            Enqueue(world, number);
        }
    }

    /// <summary>A message that is in somebody's hand, or about to be sent, looks lost only when that takes longer than it should.</summary>
    private void Enqueue(World world, int number)
    {
        var isLost = !IsOnItsWay(world, number);
        if (!isLost && world.Left.Copies == 0)
            return;
        world.Left.Copies -= isLost ? (byte)0 : (byte)1;
        world.Slices[number].IsToBeSent = true;
        moves.Add(world, moves.IsNamed ? $"reconcile finds slice {number} without a message" : "", isFault: !isLost);
    }

    private static bool IsQueueEmpty(in World world)
    {
        for (var number = 0; number < World.MostSlices; number++)
        {
            if (world.Slices[number].HasMessages)
                return false;
        }

        return true;
    }

    private static bool IsOnItsWay(in World world, int number)
    {
        for (var n = 0; n < World.MostHands; n++)
        {
            ref readonly var hand = ref world.Hands[n];
            if (hand.Step != Step.Idle && hand.IsAttached && hand.Slice == number || (hand.ToSend >> number & 1) == 1)
                return true;
        }

        return world.Replay.Step == ReplayStep.Revived && world.Replay.Slice == number;
    }
}
