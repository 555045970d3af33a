using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Migration.Protocol.Tests.Model;

/// <summary>
/// One state of everything that takes part: ledger, target, broker, workers, coordinator, and what may still go wrong.
/// Bytes and nothing else, so that states are copied by assignment and compared as memory.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct World
{
    public const int MostSlices = 4;
    public const int MostHands = 4;
    public const int MostRecords = 4;

    public PerSlice<Slice> Slices;
    public PerHand<Hand> Hands;
    public PerRecord<Outcomes> Records;

    /// <summary>Workers whose heartbeat is older than the lease though they live, a bit each.</summary>
    public byte Lapsed;

    public Replaying Replay;
    public byte Replays;
    public Budget Left;
}

/// <summary>What may still go wrong, see <see cref="Faults"/>.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct Budget
{
    public byte Crashes, LostAnswers, Cuts, Copies, Purges, Pauses, Errors, Restarts;
}

[InlineArray(World.MostSlices)]
public struct PerSlice<T>
{
    private T _first;
}

[InlineArray(World.MostHands)]
public struct PerHand<T>
{
    private T _first;
}

[InlineArray(World.MostRecords)]
public struct PerRecord<T>
{
    private T _first;
}

public enum SliceState : byte
{
    /// <summary>No such slice (yet).</summary>
    None,

    /// <summary>The ledger's <c>planned</c> and <c>queued</c>, which nothing here tells apart.</summary>
    Queued,
    Running,
    Completed,
    Failed,
}

/// <summary>Who owns a slice, beside the workers 1, 2, ...</summary>
public static class Owner
{
    public const byte None = 0;

    /// <summary>A worker that died, and whose last heartbeat is younger than the lease.</summary>
    public const byte JustDied = 8;

    /// <summary>A worker that died longer than a lease ago.</summary>
    public const byte Dead = 9;
}

/// <summary>A row of the ledger, and the messages that go by its number.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct Slice
{
    public SliceState State;

    /// <summary>Its records, from <c>First</c> up to and without <c>End</c>.</summary>
    public byte First, End;
    public byte Limit;

    /// <summary>The first record without a committed outcome.</summary>
    public byte Checkpoint;
    public byte Claim;
    public byte Owner;
    public bool IsWaiting, WasSplit;
    public byte Silent, Stalled;
    public byte Read, Written, Quarantined;

    /// <summary>Messages in the work queue that nobody has had yet.</summary>
    public byte Fresh;

    /// <summary>Messages in the work queue that somebody had before, a bit for each id.</summary>
    public ushort Redelivered;

    /// <summary>The id of the message that it is claimed by; 0 when it is not.</summary>
    public byte Message;

    public readonly bool HasMessages => Fresh > 0 || Redelivered != 0;

    /// <summary>Messages in the error queue.</summary>
    public byte DeadLetters;

    /// <summary>The coordinator is about to send a message for it.</summary>
    public bool IsToBeSent;
}

/// <summary>Where a delivery in hand has got to.</summary>
public enum Step : byte
{
    Idle,

    /// <summary>Delivered; nothing was asked of the ledger.</summary>
    Received,

    /// <summary>Claimed as a suspect; its worker still has something else in hand.</summary>
    Waiting,

    /// <summary>Claimed: reading, mapping, writing, up to the next commit.</summary>
    Working,

    /// <summary>The commit was sent and no answer came.</summary>
    InDoubt,

    /// <summary>Stopped between two batches; about to tell the ledger.</summary>
    HandingBack,

    /// <summary>The attempt ended by an exception; about to tell the ledger.</summary>
    Failing,

    /// <summary>As <see cref="Failing"/>, and it took its worker down or hung.</summary>
    FailingSilently,

    /// <summary>As <see cref="Failing"/>, and no further attempt is wanted.</summary>
    GivingUp,

    /// <summary>It is cut off, or not its claim's any more; with <see cref="Scenario.LetsGo"/>.</summary>
    LettingGo,

    /// <summary>The ledger knows; messages for what is left are being sent.</summary>
    Sending,

    /// <summary>The ledger knows that it failed; the message is not in the error queue yet.</summary>
    Burying,

    /// <summary>Nothing is left but to acknowledge.</summary>
    Done,
}

/// <summary>A delivery in a worker's hands, and what the worker remembers of its claim.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct Hand
{
    public Step Step;
    public byte Slice;

    /// <summary>The message's id among those of its slice, from 1 on; given when it is first delivered.</summary>
    public byte Message;
    public bool IsRedelivered;

    /// <summary>The broker waits for its acknowledgement; else the connection was cut, or the queue deleted.</summary>
    public bool IsAttached;
    public byte Claim, Checkpoint, End, Limit, Silent;
    public bool WasSplit;

    /// <summary>Slices for which a message is still to be sent, a bit each.</summary>
    public byte ToSend;

    /// <summary>Worked on with nothing else in its worker's hands.</summary>
    public bool IsAlone;
}

/// <summary>Rows and quarantined copies of a record that are committed.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct Outcomes
{
    public byte Rows, Quarantined;

    /// <summary>Quarantined because workers died of it.</summary>
    public bool IsBlamed;

    public readonly int Count => Rows + Quarantined;
}

public enum ReplayStep : byte
{
    Idle,

    /// <summary>A dead letter is in the replayer's hands.</summary>
    Taken,

    /// <summary>Its slice is queued again in the ledger.</summary>
    Revived,

    /// <summary>A message for it was confirmed.</summary>
    Published,
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct Replaying
{
    public ReplayStep Step;
    public byte Slice;

    /// <summary>Its dead letter is not acknowledged.</summary>
    public bool HoldsLetter;
}
