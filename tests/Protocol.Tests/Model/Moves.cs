namespace Migration.Protocol.Tests.Model;

/// <summary>What can happen next.</summary>
/// <param name="Label">For people; empty unless asked for.</param>
/// <param name="IsFault">It uses up one of the <see cref="Faults"/>.</param>
/// <param name="IsDeath">A record has taken its worker down.</param>
public readonly record struct Move(World World, string Label, bool IsFault, bool IsDeath);

/// <summary>
/// Lists what can happen next in a state, one move for each thing that another process could get in between of.
/// </summary>
/// <param name="named">
/// With labels, for a trace, and with the workers as they are; else workers that could change places, and deliveries in
/// one worker's hands that could, are put in one order, which leaves a fraction of the states.
/// </param>
public sealed class Moves(Scenario scenario, bool named)
{
    private readonly List<Move> _moves = [];

    public Scenario Scenario => scenario;

    public bool IsNamed => named;

    /// <summary>Every slice is planned, and a message for it is in the queue.</summary>
    public static World Start(Scenario scenario)
    {
        var world = new World { Replays = scenario.Replays };
        var faults = scenario.Faults;
        world.Left = new Budget
        {
            Crashes = faults.Crashes,
            LostAnswers = faults.LostAnswers,
            Cuts = faults.Cuts,
            Copies = faults.Copies,
            Purges = faults.Purges,
            Pauses = faults.Pauses,
            Errors = faults.Errors,
            Restarts = faults.Restarts,
        };
        var first = 0;
        for (var number = 0; number < scenario.Slices.Length; number++)
        {
            var end = first + scenario.Slices[number];
            world.Slices[number] = new Slice
            {
                State = SliceState.Queued,
                First = (byte)first,
                End = (byte)end,
                Limit = (byte)(end - first),
                Checkpoint = (byte)first,
                Claim = 1,
                Fresh = 1,
            };
            first = end;
        }

        return world;
    }

    /// <summary>Valid until the next call.</summary>
    public IReadOnlyList<Move> Of(in World world)
    {
        _moves.Clear();
        new WorkerMoves(this).Add(world);
        new QueueMoves(this).Add(world);
        new ReplayMoves(this).Add(world);
        new FaultMoves(this).Add(world);
        return _moves;
    }

    internal void Add(World world, string label, bool isFault = false, bool isDeath = false)
    {
        Normalise(ref world);
        if (!named)
            Symmetry.Reduce(ref world, scenario);
        Messages.Renumber(ref world);
        _moves.Add(new Move(world, label, isFault, isDeath));
    }

    internal int HandsOf(int worker) => (worker - 1) * scenario.AtATime;

    internal int Hands => scenario.Workers * scenario.AtATime;

    internal byte WorkerOf(int hand) => (byte)((hand / scenario.AtATime) + 1);

    internal string Name(int hand)
        => $"worker {(char)('A' + WorkerOf(hand) - 1)}" + (scenario.AtATime > 1 ? $"{(hand % scenario.AtATime) + 1}" : "");

    /// <summary>A process ends: the broker takes its deliveries back, and what it owned is nobody's once the lease is over.</summary>
    internal void Die(ref World world, int worker)
    {
        for (var hand = HandsOf(worker); hand < HandsOf(worker + 1); hand++)
        {
            Requeue(ref world, hand);
            world.Hands[hand] = default;
        }

        world.Lapsed &= (byte)~(1 << worker);
        for (var number = 0; number < World.MostSlices; number++)
        {
            if (world.Slices[number].Owner == worker)
                world.Slices[number].Owner = Owner.JustDied;
        }
    }

    internal static void Requeue(ref World world, int hand)
    {
        if (world.Hands[hand].IsAttached)
            world.Slices[world.Hands[hand].Slice].Redelivered |= (ushort)(1 << world.Hands[hand].Message);
        world.Hands[hand].IsAttached = false;
    }

    /// <summary>
    /// Claims only grow and are only compared with the slice's latest, so all that matters of one that a hand remembers is
    /// whether it is the latest. That keeps the number of states finite however often slices are claimed.
    /// </summary>
    private static void Normalise(ref World world)
    {
        for (var n = 0; n < World.MostHands; n++)
        {
            ref var hand = ref world.Hands[n];
            hand.Claim = hand.Claim == world.Slices[hand.Slice].Claim ? (byte)1 : (byte)0;
            hand = hand.Step switch
            {
                Step.Idle => default,
                Step.Received => Forget(hand) with { IsRedelivered = hand.IsRedelivered },
                Step.Sending or Step.Burying or Step.LettingGo => Forget(hand) with { ToSend = hand.ToSend, IsAlone = hand.IsAlone },
                Step.Done => Forget(hand),
                _ => hand with { IsRedelivered = false },
            };
        }

        for (var n = 0; n < World.MostSlices; n++)
        {
            ref var slice = ref world.Slices[n];
            slice.Claim = slice.State == SliceState.None ? (byte)0 : (byte)1;
            slice.Message = slice.State == SliceState.Running ? slice.Message : (byte)0;
            slice.WasSplit &= slice.State != SliceState.Completed;
        }
    }

    private static Hand Forget(in Hand hand)
        => new() { Step = hand.Step, Slice = hand.Slice, Message = hand.Message, IsAttached = hand.IsAttached };
}
