namespace Migration.Worker;

/// <summary>
/// Named moments of the protocol between coordinator, workers, broker and ledger, at which a crash, a pause or a
/// duplicate would hurt most. Nothing listens in production; the chaos tests attach from outside the program, by .NET's
/// startup hooks, and kill, stop or hold the process there.
/// </summary>
internal static class ProtocolPoint
{
    /// <summary>The slice is this worker's; nothing of it was read in this attempt.</summary>
    public const string SliceClaimed = "slice-claimed";

    /// <summary>A page of a slice is about to be read.</summary>
    public const string BeforeRead = "before-read";

    /// <summary>A record is about to be mapped; the detail is its <c>_id</c> as text.</summary>
    public const string BeforeMap = "before-map";

    /// <summary>A batch's rows and its checkpoint are sent, and not committed.</summary>
    public const string BatchWritten = "batch-written";

    /// <summary>A batch is committed, and nobody was told.</summary>
    public const string BatchCommitted = "batch-committed";

    /// <summary>The slice is completed; its event is not published, its message not acknowledged.</summary>
    public const string BeforeEvent = "before-event";

    /// <summary>The event is published; the message is not acknowledged.</summary>
    public const string BeforeAcknowledge = "before-acknowledge";

    /// <summary>A suspected slice is cut in the ledger; no message for its parts was sent.</summary>
    public const string SliceSplit = "slice-split";

    /// <summary>A collection's keys are walked; none of its slices stands in the ledger.</summary>
    public const string CollectionWalked = "collection-walked";

    /// <summary>A collection's slices stand in the ledger; no message was sent.</summary>
    public const string CollectionPlanned = "collection-planned";

    /// <summary>A batch of slice messages is confirmed by the broker, and not noted in the ledger.</summary>
    public const string MessagesConfirmed = "messages-confirmed";

    /// <summary>Every slice has its outcome; the run is not called complete yet.</summary>
    public const string BeforeVerdict = "before-verdict";

    /// <summary>Dead letters are queued again in the ledger; no message was sent.</summary>
    public const string DeadLettersRevived = "dead-letters-revived";

    /// <summary>Messages for revived dead letters are confirmed; the dead letters are not acknowledged.</summary>
    public const string DeadLettersPublished = "dead-letters-published";

    /// <summary>A batch of quarantined records is written again, and not committed.</summary>
    public const string ReplayWritten = "replay-written";

    /// <summary>A batch of quarantined records was replayed and committed.</summary>
    public const string ReplayCommitted = "replay-committed";

    /// <summary>Called with a point's name and a detail (a slice, an <c>_id</c>), on the thread that reached it.</summary>
    internal static Action<string, string>? Observer { get; set; }

    /// <summary>Says that the point was reached.</summary>
    public static void Reached(string point, string detail = "") => Observer?.Invoke(point, detail);
}
