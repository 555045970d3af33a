namespace Migration.Protocol.Tests.Model;

/// <content>What workers do with a slice in hand: <c>SliceAttempt</c>, <c>SuspectSlice</c>, <c>SliceMigrator</c>.</content>
internal readonly partial struct WorkerMoves
{
    private const int AttemptsOfPart = 1;
    private const int AttemptsOfRecord = 3;
    private const int AttemptsToCut = 3;

    private void Work(in World world, int n)
    {
        var hand = world.Hands[n];
        if (hand.Silent > 0 && hand.Silent >= MostAttempts(hand))
            Resolve(world, n);
        else
            Migrate(world, n);
    }

    private int MostAttempts(in Hand hand)
        => hand.End - hand.Checkpoint <= 1 ? Math.Max(hand.WasSplit ? 0 : _scenario.MaxAttempts, AttemptsOfRecord)
            : hand.WasSplit ? AttemptsOfPart : _scenario.MaxAttempts;

    private void Resolve(in World world, int n)
    {
        var hand = world.Hands[n];
        if (hand.Silent >= MostAttempts(hand) + AttemptsToCut)
            Go(world, n, Step.GivingUp, "gives {0} up: too many died of reading it");
        else if (Holds(hand.Checkpoint, hand.End, Flaw.KillsReaders))
            Die(world, n, "dies of reading {0}");
        else if (hand.End - hand.Checkpoint == 1)
            Quarantine(world, n);
        else
            Split(world, n);
    }

    private void Quarantine(in World world, int n)
    {
        var next = world;
        var hand = world.Hands[n];
        var isIn = _ledger.Advance(ref next, hand, hand.End, blame: true);
        LoseAnswer(world, next, n, Step.Failing, "quarantines what is left of {0}");
        Go(next, n, isIn ? Step.Done : Step.LettingGo, isIn ? "quarantines what is left of {0}" : "loses the fence of {0}");
    }

    private void Split(in World world, int n)
    {
        var next = world;
        var sends = _ledger.Split(ref next, world.Hands[n], _scenario.Parts);
        LoseAnswer(world, next, n, Step.Failing, "splits {0}");
        next.Hands[n].ToSend = sends;
        Go(next, n, sends == 0 ? Step.LettingGo : Step.Sending, sends == 0 ? "loses the fence of {0}" : "splits {0}");
    }

    private void Migrate(in World world, int n)
    {
        var hand = world.Hands[n];
        var end = PageEnd(hand);
        if (Holds(hand.Checkpoint, end, Flaw.Kills) || Holds(hand.Checkpoint, end, Flaw.KillsReaders))
        {
            Die(world, n, $"dies of a record of {{0}} between {hand.Checkpoint} and {end - 1}");
            return;
        }

        if (Holds(hand.Checkpoint, end, Flaw.Hangs))
            Go(world, n, Step.FailingSilently, "hangs at a record of {0}");
        else
            Commit(world, n, end);
        if (world.Left.Errors > 0)
            Err(world, n);
    }

    private void Commit(in World world, int n, byte end)
    {
        var next = world;
        var isIn = _ledger.Advance(ref next, world.Hands[n], end);
        LoseAnswer(world, next, n, Step.InDoubt, "commits a batch of {0}");
        if (isIn)
            Moved(next, n, end, $"commits {world.Hands[n].Checkpoint}..{end - 1} of {{0}}");
        else
            Go(next, n, Step.LettingGo, "loses the fence of {0}");
    }

    /// <summary>After a batch: on, to the end, or back to the queue because the time is up or the worker stops.</summary>
    private void Moved(World world, int n, byte end, string what)
    {
        ref var hand = ref world.Hands[n];
        var isSuspect = hand.Silent > 0;
        (hand.Checkpoint, hand.Silent) = (end, 0);
        if (end == hand.End)
        {
            Go(world, n, Step.Done, what + ", its last");
            return;
        }

        Go(world, n, Step.HandingBack, what + ", and stops");
        if (!isSuspect)
            Go(world, n, Step.Working, what);
    }

    private void Err(World world, int n)
    {
        world.Left.Errors--;
        Go(world, n, Step.Failing, "fails at {0} with an exception", isFault: true);
    }

    /// <summary><c>SliceMigrator.CommitAsync</c>, the second time round.</summary>
    private void Reclaim(World world, int n)
    {
        if (_scenario.Mutation is Mutation.RetryWithoutAsking or Mutation.RetryWithoutAskingClaimOnly)
        {
            Go(world, n, Step.Working, "tries the batch of {0} again");
            return;
        }

        var before = world;
        ref var hand = ref world.Hands[n];
        var isHis = Ledger.Reclaim(ref world, hand, moves.WorkerOf(n));
        LoseAnswer(before, world, n, Step.InDoubt, "claims {0} again");
        if (before.Left.Errors > 0)
            Err(before, n);
        var slice = world.Slices[hand.Slice];
        if (!isHis)
        {
            var isDone = slice.State == SliceState.Completed;
            Go(world, n, isDone ? Step.Done : Step.LettingGo, isDone ? "finds {0} done" : "asks, and {0} is not its claim's any more");
            return;
        }

        var (page, checkpoint, silent) = (PageEnd(hand), hand.Checkpoint, hand.Silent);
        Ledger.Remember(ref hand, slice);
        hand.Silent = silent;
        if (slice.Checkpoint == page)
            Moved(world, n, page, "claims {0} again: the batch went through");
        else
            Go(world, n, slice.Checkpoint == checkpoint ? Step.Working : Step.HandingBack, "claims {0} again: the batch did not go through");
    }

    private byte PageEnd(in Hand hand) => (byte)Math.Min(hand.Checkpoint + _scenario.Batch, hand.End);

    private bool Holds(int first, int end, Flaw kind)
    {
        for (var record = first; record < end; record++)
        {
            if (_scenario.FlawOf(record) == kind)
                return true;
        }

        return false;
    }
}
