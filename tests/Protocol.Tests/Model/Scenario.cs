namespace Migration.Protocol.Tests.Model;

/// <summary>What is wrong with a record.</summary>
public enum Flaw : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It does not fit its column: quarantined by whoever maps it.</summary>
    Malformed,

    /// <summary>Whoever maps it dies, and everything else in its worker's hands with it.</summary>
    Kills,

    /// <summary>Whoever maps it stands still until its own watch gives the attempt up.</summary>
    Hangs,

    /// <summary>Whoever as much as reads it dies, so that not even a place to cut can be found.</summary>
    KillsReaders,
}

/// <summary>How often each thing may go wrong in one history; all of them may happen at any moment.</summary>
public readonly record struct Faults
{
    /// <summary>Worker processes killed, for no fault of any record.</summary>
    public byte Crashes { get; init; }

    /// <summary>Statements and commits whose answer never comes, whether they went through or not.</summary>
    public byte LostAnswers { get; init; }

    /// <summary>Connections to the broker that break: what is unacknowledged goes to somebody else, and the attempt lives on.</summary>
    public byte Cuts { get; init; }

    /// <summary>Messages that the broker, or an impatient reconcile, delivers once more.</summary>
    public byte Copies { get; init; }

    /// <summary>Purges and deletions of the work queue.</summary>
    public byte Purges { get; init; }

    /// <summary>Workers that are paused, or cut from the ledger, for longer than the lease, and wake up again.</summary>
    public byte Pauses { get; init; }

    /// <summary>Attempts that end by an exception.</summary>
    public byte Errors { get; init; }

    /// <summary>Coordinators and replayers that die.</summary>
    public byte Restarts { get; init; }
}

/// <summary>Bounds of a search: the plan, the workers, what is wrong with the records, and what may go wrong.</summary>
/// <param name="Slices">How many records each planned slice has.</param>
/// <param name="Workers">Processes; one that dies is followed by another one, with another id.</param>
/// <param name="AtATime">Slices that a worker has in hand at a time.</param>
/// <param name="Batch">Records of a page.</param>
public sealed record Scenario(string Name, int[] Slices, int Workers, int AtATime, int Batch, Faults Faults)
{
    /// <summary>By record; those not named are good.</summary>
    public Flaw[] Flaws { get; init; } = [];

    /// <summary><c>slices.maxAttempts</c>.</summary>
    public int MaxAttempts { get; init; } = 1;

    /// <summary>Parts that a suspect is cut into.</summary>
    public int Parts { get; init; } = 2;

    /// <summary>Dead letters put back to work.</summary>
    public byte Replays { get; init; }

    /// <summary>
    /// A worker that was cut off turns fresh messages away as long as its old attempt is not ended, and reconcile sends
    /// others: a history that goes round until the attempt's next step. Then it is only asked that every state has a way to
    /// the end on which nothing goes wrong any more.
    /// </summary>
    public bool MayGoRound { get; init; }

    /// <summary>
    /// As the program does: whoever loses the fence, or is cut off, frees the slice if the ledger
    /// still calls it his worker's, whatever its claim.
    /// </summary>
    public bool LetsGo { get; init; } = true;

    /// <summary>What the protocol does otherwise than the program.</summary>
    public Mutation Mutation { get; init; }

    public int RecordCount => Slices.Sum();

    public Flaw FlawOf(int record) => record < Flaws.Length ? Flaws[record] : Flaw.None;

    public override string ToString() => Mutation == Mutation.None ? Name : $"{Name}, {Mutation}";
}
