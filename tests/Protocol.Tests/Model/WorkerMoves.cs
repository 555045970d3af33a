namespace Migration.Protocol.Tests.Model;

/// <summary>What workers do with a delivery: <c>MigrateSliceConsumer</c>, <c>SuspectGate</c>.</summary>
internal readonly partial struct WorkerMoves(Moves moves)
{
    private readonly Scenario _scenario = moves.Scenario;
    private readonly Ledger _ledger = new(moves.Scenario);

    public void Add(in World world)
    {
        for (var n = 0; n < moves.Hands; n++)
        {
            if (world.Hands[n].Step == Step.Idle)
                continue;
            Add(world, n);
            if (!world.Hands[n].IsAttached && _scenario.Mutation != Mutation.AcknowledgeFirst)
                AddCancelled(world, n);
        }
    }

    private void Add(in World world, int n)
    {
        switch (world.Hands[n].Step)
        {
            case Step.Received when MayEnter(world, n):
                Claim(world, n);
                break;
            case Step.Waiting when MayBeginAlone(world, n):
                Begin(world, n);
                break;
            case Step.Working:
                Work(world, n);
                break;
            case Step.InDoubt:
                Reclaim(world, n);
                break;
            case Step.HandingBack:
                HandBack(world, n);
                break;
            case Step.Failing or Step.FailingSilently or Step.GivingUp:
                Fail(world, n);
                break;
            case Step.LettingGo:
                LetGo(world, n);
                break;
            case Step.Sending:
                Send(world, n);
                break;
            case Step.Burying:
                Bury(world, n);
                break;
            case Step.Done:
                Go(world, n, Step.Idle, "acknowledges");
                break;
        }
    }

    private void Claim(World world, int n)
    {
        ref var hand = ref world.Hands[n];
        var before = world;
        var answer = _ledger.Claim(ref world, ref hand, moves.WorkerOf(n));
        if (answer == ClaimAnswer.Granted && before.Left.LostAnswers > 0)
        {
            var lost = world;
            lost.Left.LostAnswers--;
            lost.Hands[n] = before.Hands[n];
            moves.Add(lost, Say(n, "claims {0}, and the answer is lost"), isFault: true);
        }

        var isSuspect = answer == ClaimAnswer.Granted && hand.Silent > 0;
        var next = answer != ClaimAnswer.Granted ? Step.Done : isSuspect ? Step.Waiting : Step.Working;
        Go(world, n, next, answer switch
        {
            ClaimAnswer.Granted => isSuspect ? $"claims {{0}} as a suspect ({hand.Silent} silent)" : "claims {0}",
            ClaimAnswer.AlreadyDone => "finds {0} done",
            _ => "finds {0} owned by another",
        });
    }

    /// <summary>
    /// <c>SuspectGate</c>: nobody enters beside or before a suspect. Who was silent for longer than the lease finishes what
    /// it has in hand, as a zombie, and is heard of again before it claims anything.
    /// </summary>
    private bool MayEnter(in World world, int n)
    {
        if ((world.Lapsed >> moves.WorkerOf(n) & 1) == 1)
            return false;
        for (var other = First(n); other < First(n) + _scenario.AtATime; other++)
        {
            if (other != n && (world.Hands[other].Step == Step.Waiting || world.Hands[other].IsAlone) && _scenario.Mutation != Mutation.NoGate)
                return false;
        }

        return true;
    }

    private bool MayBeginAlone(in World world, int n)
    {
        for (var other = First(n); other < First(n) + _scenario.AtATime; other++)
        {
            if (other != n && world.Hands[other].Step is > Step.Waiting and not Step.Done && _scenario.Mutation != Mutation.NoGate)
                return false;
        }

        return true;
    }

    private void Begin(World world, int n)
    {
        var isHis = Ledger.Begin(ref world, world.Hands[n]);
        world.Hands[n].IsAlone = isHis;
        Go(world, n, isHis ? Step.Working : Step.LettingGo, isHis ? "begins with {0} alone" : "finds {0} gone");
    }

    private void HandBack(World world, int n)
    {
        var before = world;
        _ledger.HandBack(ref world, world.Hands[n]);
        LoseAnswer(before, world, n, Step.Failing, "hands {0} back");
        world.Hands[n].ToSend = (byte)(1 << world.Hands[n].Slice);
        Go(world, n, Step.Sending, "hands {0} back");
    }

    private void Fail(World world, int n)
    {
        var before = world;
        var state = _ledger.Fail(ref world, world.Hands[n], _scenario.MaxAttempts);
        if (state is not null)
            LoseAnswer(before, world, n, before.Hands[n].Step, "notes the failure of {0}", onlyIfDone: true);
        world.Hands[n].ToSend = state == SliceState.Queued ? (byte)(1 << world.Hands[n].Slice) : (byte)0;
        Go(world, n, state switch { null => Step.LettingGo, SliceState.Queued => Step.Sending, _ => Step.Burying },
            state switch { null => "cannot note the failure of {0}: not its claim's any more", SliceState.Queued => "notes the failure of {0}", _ => "notes that {0} failed for good" });
    }

    private void LetGo(World world, int n)
    {
        Ledger.LetGo(ref world, world.Hands[n], moves.WorkerOf(n));
        Go(world, n, Step.Done, "lets go of {0}");
    }

    private void Send(World world, int n)
    {
        for (var number = 0; number < World.MostSlices; number++)
        {
            if ((world.Hands[n].ToSend >> number & 1) == 0)
                continue;
            var next = world;
            next.Slices[number].Fresh++;
            next.Hands[n].ToSend &= (byte)~(1 << number);
            Go(next, n, next.Hands[n].ToSend == 0 ? Step.Done : Step.Sending, $"sends a message for slice {number}");
        }
    }

    private void Bury(World world, int n)
    {
        world.Slices[world.Hands[n].Slice].DeadLetters++;
        Go(world, n, Step.Done, "puts the message of {0} into the error queue");
    }

    /// <summary>The transport has gone away with the message: the attempt is cancelled, now or never.</summary>
    private void AddCancelled(World world, int n)
    {
        var step = world.Hands[n].Step;
        if (step is Step.Waiting or Step.Working or Step.InDoubt or Step.HandingBack)
        {
            _ledger.HandBack(ref world, world.Hands[n]);
            Go(world, n, Step.LettingGo, "is cancelled and hands {0} back");
        }
        else if (step is Step.Received or Step.Failing or Step.FailingSilently or Step.GivingUp)
        {
            Go(world, n, Step.LettingGo, "is cancelled with {0}");
            if (step == Step.Received && world.Left.LostAnswers-- > 0 && _ledger.Claim(ref world, ref world.Hands[n], moves.WorkerOf(n)) == ClaimAnswer.Granted)
                Go(world, n, Step.LettingGo, "is cancelled while it claims {0}, which goes through", isFault: true);
        }
        else if (step is Step.Sending or Step.Burying)
        {
            world.Hands[n].ToSend = 0;
            Go(world, n, Step.LettingGo, "is cancelled with the news of {0} unsent");
        }
    }

    /// <summary>A statement is done, or not, and its answer never comes.</summary>
    private void LoseAnswer(in World before, World after, int n, Step step, string what, bool onlyIfDone = false)
    {
        if (before.Left.LostAnswers == 0)
            return;
        after.Left.LostAnswers--;
        after.Hands[n] = before.Hands[n];
        Go(after, n, step, what + ", and the answer is lost", isFault: true);
        if (onlyIfDone)
            return;
        var undone = before;
        undone.Left.LostAnswers--;
        Go(undone, n, step, what + ", which fails without an answer", isFault: true);
    }

    private void Die(World world, int n, string what)
    {
        var label = Say(n, what, world.Hands[n].Slice);
        moves.Die(ref world, moves.WorkerOf(n));
        moves.Add(world, label, isDeath: true);
    }

    private int First(int n) => moves.HandsOf(moves.WorkerOf(n));

    private void Go(World world, int n, Step step, string what, bool isFault = false)
    {
        // Without the amendment there is no such step: the message is acknowledged, or left to the broker.
        world.Hands[n].Step = step == Step.LettingGo && !_scenario.LetsGo ? Step.Done : step;
        moves.Add(world, Say(n, what, world.Hands[n].Slice), isFault);
    }

    private string Say(int n, string what, int slice = 0)
        => moves.IsNamed ? $"{moves.Name(n)} {what.Replace("{0}", $"slice {slice}", StringComparison.Ordinal)}" : "";
}
