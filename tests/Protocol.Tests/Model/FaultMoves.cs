namespace Migration.Protocol.Tests.Model;

/// <summary>What goes wrong outside of everybody's control, at any moment, as often as the scenario allows.</summary>
internal readonly struct FaultMoves(Moves moves)
{
    public void Add(in World world)
    {
        for (var worker = 1; worker <= moves.Scenario.Workers; worker++)
        {
            var (isBusy, isAttached, owns) = Look(world, worker);
            if (world.Left.Crashes > 0 && (isBusy || owns))
                Crash(world, worker);
            if (world.Left.Cuts > 0 && isAttached)
                Cut(world, worker);
            if (world.Left.Pauses > 0 && owns)
                Pause(world, worker);
        }

        if (world.Left.Copies > 0)
            Copy(world);
        if (world.Left.Purges > 0)
            Purge(world);
        if (world.Left.Restarts > 0)
            Restart(world);
    }

    private (bool IsBusy, bool IsAttached, bool Owns) Look(in World world, int worker)
    {
        var (isBusy, isAttached, owns) = (false, false, false);
        for (var n = moves.HandsOf(worker); n < moves.HandsOf(worker + 1); n++)
        {
            isBusy |= world.Hands[n].Step != Step.Idle;
            isAttached |= world.Hands[n].IsAttached;
        }

        for (var number = 0; number < World.MostSlices; number++)
            owns |= world.Slices[number].Owner == worker;
        return (isBusy, isAttached, owns && (world.Lapsed >> worker & 1) == 0);
    }

    private void Crash(World world, int worker)
    {
        world.Left.Crashes--;
        moves.Die(ref world, worker);
        Add(world, worker, "is killed");
    }

    private void Cut(World world, int worker)
    {
        world.Left.Cuts--;
        for (var n = moves.HandsOf(worker); n < moves.HandsOf(worker + 1); n++)
            Moves.Requeue(ref world, n);
        Add(world, worker, "loses its connection to the broker");
    }

    private void Pause(World world, int worker)
    {
        world.Left.Pauses--;
        world.Lapsed |= (byte)(1 << worker);
        Add(world, worker, "is silent for longer than the lease");
    }

    private void Copy(in World world)
    {
        for (var number = 0; number < World.MostSlices; number++)
        {
            if (!world.Slices[number].HasMessages)
                continue;
            var next = world;
            next.Left.Copies--;
            next.Slices[number].Fresh++;
            moves.Add(next, moves.IsNamed ? $"the message of slice {number} is doubled" : "", isFault: true);
        }
    }

    private void Purge(World world)
    {
        world.Left.Purges--;
        var wasFull = false;
        for (var number = 0; number < World.MostSlices; number++)
        {
            wasFull |= world.Slices[number].HasMessages;
            (world.Slices[number].Fresh, world.Slices[number].Redelivered) = (0, 0);
        }

        if (wasFull)
            moves.Add(world, "the queue is purged", isFault: true);
        var taken = false;
        for (var n = 0; n < World.MostHands; n++)
        {
            taken |= world.Hands[n].IsAttached;
            world.Hands[n].IsAttached = false;
        }

        if (taken)
            moves.Add(world, "the queue is deleted, with what is unacknowledged", isFault: true);
    }

    private void Restart(World world)
    {
        world.Left.Restarts--;
        if (world.Replay.Step != ReplayStep.Idle)
        {
            var next = world;
            next.Replay = default;
            moves.Add(next, "the replayer dies", isFault: true);
        }

        var owes = false;
        for (var number = 0; number < World.MostSlices; number++)
        {
            owes |= world.Slices[number].IsToBeSent;
            world.Slices[number].IsToBeSent = false;
        }

        if (owes)
            moves.Add(world, "the coordinator dies", isFault: true);
    }

    private void Add(in World world, int worker, string what)
        => moves.Add(world, moves.IsNamed ? $"worker {(char)('A' + worker - 1)} {what}" : "", isFault: true);
}
