namespace Migration.Protocol.Tests.Model;

/// <summary>What replay does: revive in the ledger, send with confirmation, and only then acknowledge the dead letter.</summary>
internal readonly struct ReplayMoves(Moves moves)
{
    private readonly Mutation _mutation = moves.Scenario.Mutation;

    private bool AcknowledgesFirst => _mutation is Mutation.ReplayAcknowledgesFirst or Mutation.ReplayByErrorQueueAlone;

    public void Add(in World world)
    {
        if (world.Replay.Step != ReplayStep.Idle)
            GoOn(world);
        else if (world.Replays > 0)
            Take(world);
    }

    private void Take(in World world)
    {
        for (byte number = 0; number < World.MostSlices; number++)
        {
            if (world.Slices[number].DeadLetters > 0)
                TakeLetter(world, number);
            else if (world.Slices[number].State == SliceState.Failed && _mutation != Mutation.ReplayByErrorQueueAlone)
                Revive(world, number, holdsLetter: false, uses: 1);
        }
    }

    private void TakeLetter(World world, byte number)
    {
        world.Replays--;
        world.Slices[number].DeadLetters -= AcknowledgesFirst ? (byte)1 : (byte)0;
        world.Replay = new Replaying { Step = ReplayStep.Taken, Slice = number, HoldsLetter = !AcknowledgesFirst };
        Add(world, $"replay takes the dead letter of slice {number}{(AcknowledgesFirst ? " and acknowledges it" : "")}");
    }

    private void GoOn(World world)
    {
        var (number, holdsLetter) = (world.Replay.Slice, world.Replay.HoldsLetter);
        switch (world.Replay.Step)
        {
            case ReplayStep.Taken when world.Slices[number].State == SliceState.Failed:
                Revive(world, number, holdsLetter, uses: 0);
                break;
            case ReplayStep.Taken:
                // Planned, by a replay that died before it had sent it: sent now. Done, or in the queue: only acknowledged.
                if (world.Slices[number].State == SliceState.Queued)
                    Enter(world, ReplayStep.Revived, $"replay finds slice {number} revived already");
                Enter(world, ReplayStep.Published, $"replay finds nothing left to do for slice {number}");
                break;
            case ReplayStep.Revived:
                world.Slices[number].Fresh++;
                Enter(world, ReplayStep.Published, $"replay sends slice {number}");
                break;
            default:
                world.Slices[number].DeadLetters -= holdsLetter ? (byte)1 : (byte)0;
                world.Replay = default;
                Add(world, $"replay is done with the dead letter of slice {number}");
                break;
        }
    }

    private void Revive(World world, byte number, bool holdsLetter, byte uses)
    {
        world.Replays -= uses;
        Ledger.Revive(ref world.Slices[number]);
        world.Replay = new Replaying { Step = ReplayStep.Revived, Slice = number, HoldsLetter = holdsLetter };
        Add(world, $"replay revives slice {number}");
    }

    private void Enter(World world, ReplayStep step, string label)
    {
        world.Replay.Step = step;
        Add(world, label);
    }

    private void Add(in World world, string label) => moves.Add(world, label);
}
