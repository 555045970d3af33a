namespace Migration.Protocol.Tests.Model;

public enum ClaimAnswer
{
    Granted,
    AlreadyDone,
    OwnedByAnother,
}

/// <summary>
/// The statements of <c>Contracts/Ledger</c>, each of them atomic: PostgreSQL locks the slice's row from the statement on,
/// and a transaction that waited for the lock looks at its condition again.
/// </summary>
internal sealed class Ledger(Scenario scenario)
{
    private readonly Mutation _mutation = scenario.Mutation;

    /// <summary><c>SliceLedger.ClaimAsync</c></summary>
    public ClaimAnswer Claim(ref World world, ref Hand hand, byte worker)
    {
        ref var slice = ref world.Slices[hand.Slice];
        if (slice.State is SliceState.Completed or SliceState.Failed)
            return ClaimAnswer.AlreadyDone;
        var isRunning = slice.State == SliceState.Running;
        var isOwners = hand.IsRedelivered && (slice.Message == hand.Message || _mutation == Mutation.AnyRedelivered);
        if (isRunning && !isOwners && slice.Owner != worker && IsLive(world, slice.Owner))
            return ClaimAnswer.OwnedByAnother;

        var isTaken = isRunning && slice.Owner != worker;
        var (wasWaiting, silent) = (slice.IsWaiting, slice.Silent);
        slice.State = SliceState.Running;
        slice.Owner = worker;
        slice.Message = hand.Message;
        slice.Claim++;
        slice.Stalled += Bit(!wasWaiting);
        slice.Silent += Bit(isTaken && !wasWaiting);
        slice.IsWaiting = silent > 0 || isTaken;
        Remember(ref hand, slice);
        return ClaimAnswer.Granted;
    }

    /// <summary><c>SliceLedger.AdvanceAsync</c> and the rows in its transaction.</summary>
    /// <param name="end">The page's end.</param>
    /// <param name="blame">The record is quarantined unmapped, because workers died of it.</param>
    public bool Advance(ref World world, in Hand hand, byte end, bool blame = false)
    {
        ref var slice = ref world.Slices[hand.Slice];
        var holds = _mutation switch
        {
            Mutation.NoFence => true,
            Mutation.CheckpointOnly => slice.State == SliceState.Running && slice.Checkpoint == hand.Checkpoint,
            Mutation.ClaimOnly or Mutation.RetryWithoutAskingClaimOnly => IsHeld(slice, hand),
            _ => IsHeld(slice, hand) && slice.Checkpoint == hand.Checkpoint,
        };
        if (!holds)
            return false;

        for (var record = hand.Checkpoint; record < end; record++)
        {
            var isQuarantined = blame || scenario.FlawOf(record) == Flaw.Malformed;
            ref var outcomes = ref world.Records[record];
            outcomes.Rows += Bit(!isQuarantined);
            outcomes.Quarantined += Bit(isQuarantined);
            outcomes.IsBlamed |= blame;
            slice.Read++;
            slice.Written += Bit(!isQuarantined);
            slice.Quarantined += Bit(isQuarantined);
        }

        (slice.Checkpoint, slice.Stalled, slice.Silent, slice.IsWaiting) = (end, 0, 0, false);
        if (end == hand.End)
            (slice.State, slice.Owner) = (SliceState.Completed, Owner.None);
        return true;
    }

    /// <summary><c>SliceLedger.ReclaimAsync</c>; the caller remembers the new claim, unless the answer is lost.</summary>
    public static bool Reclaim(ref World world, in Hand hand, byte worker)
    {
        ref var slice = ref world.Slices[hand.Slice];
        if (!IsHeld(slice, hand) || slice.Owner != worker)
            return false;
        slice.Claim++;
        return true;
    }

    /// <summary><c>SliceLedger.HandBackAsync</c></summary>
    public void HandBack(ref World world, in Hand hand)
    {
        ref var slice = ref world.Slices[hand.Slice];
        if (IsHeld(slice, hand) || _mutation == Mutation.HandBackAnyClaim && slice.State == SliceState.Running)
            Free(ref slice);
    }

    /// <summary>See <see cref="Scenario.LetsGo"/>.</summary>
    public static void LetGo(ref World world, in Hand hand, byte worker)
    {
        ref var slice = ref world.Slices[hand.Slice];
        if (slice.State == SliceState.Running && slice.Owner == worker)
            Free(ref slice);
    }

    /// <summary><c>SliceLedger.FailAsync</c></summary>
    /// <returns>The new state; null when it was no longer this claim's.</returns>
    public SliceState? Fail(ref World world, in Hand hand, int maxAttempts)
    {
        ref var slice = ref world.Slices[hand.Slice];
        if (!IsHeld(slice, hand))
            return null;
        var isSilent = hand.Step == Step.FailingSilently;
        var most = hand.Step == Step.GivingUp ? 0 : maxAttempts;
        slice.State = isSilent || slice.Stalled - slice.Silent < most ? SliceState.Queued : SliceState.Failed;
        slice.Silent += Bit(isSilent);
        if (_mutation != Mutation.SilentWithoutStalled)
            slice.Stalled = Math.Max(slice.Stalled, slice.Silent);
        (slice.Owner, slice.IsWaiting) = (Owner.None, false);
        return slice.State;
    }

    /// <summary><c>SliceLedger.BeginAsync</c></summary>
    public static bool Begin(ref World world, in Hand hand)
    {
        ref var slice = ref world.Slices[hand.Slice];
        if (!IsHeld(slice, hand))
            return false;
        slice.IsWaiting = false;
        return true;
    }

    /// <summary><c>SplitLedger.SplitAsync</c></summary>
    /// <returns>The slices to send messages for, a bit each; 0 when the fence was lost.</returns>
    public byte Split(ref World world, in Hand hand, int parts)
    {
        ref var slice = ref world.Slices[hand.Slice];
        if (_mutation != Mutation.SplitWithoutFence && !(IsHeld(slice, hand) && slice.Checkpoint == hand.Checkpoint))
            return 0;

        var size = (hand.End - hand.Checkpoint + parts - 1) / parts;
        var number = 0;
        while (number < World.MostSlices && world.Slices[number].State != SliceState.None)
            number++;
        var (sends, limit) = (1 << hand.Slice, hand.Limit);
        for (var first = hand.Checkpoint + size; first < hand.End; first += size)
        {
            var end = Math.Min(first + size, hand.End);
            sends |= 1 << number;
            limit -= (byte)(end - first);
            if (number == World.MostSlices)
                return 0; // More parts than records: only without a fence, where the first cut was found out already.
            world.Slices[number++] = new Slice
            {
                State = SliceState.Queued,
                First = (byte)first,
                End = (byte)end,
                Limit = (byte)(end - first),
                Checkpoint = (byte)first,
                WasSplit = true,
            };
        }

        slice.State = SliceState.Queued;
        (slice.End, slice.Limit, slice.WasSplit) = ((byte)(hand.Checkpoint + size), limit, true);
        (slice.Owner, slice.IsWaiting, slice.Stalled, slice.Silent) = (Owner.None, false, 0, 0);
        return (byte)sends;
    }

    /// <summary><c>ProgressLedger.ReleaseAbandonedAsync</c></summary>
    public static void Release(ref Slice slice)
    {
        var (isWaiting, silent) = (slice.IsWaiting, slice.Silent);
        slice.Silent += Bit(!isWaiting);
        slice.Stalled = (byte)Math.Max(slice.Stalled - Bit(isWaiting), silent + Bit(!isWaiting));
        (slice.State, slice.Owner, slice.IsWaiting) = (SliceState.Queued, Owner.None, false);
    }

    /// <summary><c>ReviveAsync</c>, of replay and of a second start of the run.</summary>
    public static void Revive(ref Slice slice)
        => (slice.State, slice.Stalled, slice.Silent) = (SliceState.Queued, 0, 0);

    /// <summary>By the database's clock, and by what the worker's row says.</summary>
    public static bool IsLive(in World world, byte owner) => owner switch
    {
        Owner.JustDied => true,
        Owner.Dead or Owner.None => false,
        _ => (world.Lapsed >> owner & 1) == 0,
    };

    public static void Remember(ref Hand hand, in Slice slice)
    {
        (hand.Claim, hand.Checkpoint, hand.End, hand.Limit) = (slice.Claim, slice.Checkpoint, slice.End, slice.Limit);
        (hand.Silent, hand.WasSplit) = (slice.Silent, slice.WasSplit);
    }

    /// <summary><c>state = 'running' AND claim = $4</c></summary>
    private static bool IsHeld(in Slice slice, in Hand hand) => slice.State == SliceState.Running && slice.Claim == hand.Claim;

    private static void Free(ref Slice slice)
    {
        slice.Stalled = (byte)Math.Max(slice.Stalled - 1, slice.Silent);
        (slice.State, slice.Owner, slice.IsWaiting) = (SliceState.Queued, Owner.None, false);
    }

    private static byte Bit(bool value) => value ? (byte)1 : (byte)0;
}
