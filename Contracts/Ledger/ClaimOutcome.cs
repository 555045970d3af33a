namespace Migration.Contracts.Ledger;

/// <summary>What the ledger answers to a worker that wants a slice.</summary>
public abstract record ClaimOutcome
{
    private ClaimOutcome()
    {
    }

    /// <summary>The slice is the worker's.</summary>
    public sealed record Granted(SliceClaim Claim) : ClaimOutcome;

    /// <summary>The slice has its outcome; the delivery is a duplicate.</summary>
    public sealed record AlreadyDone(SliceProgress Slice) : ClaimOutcome;

    /// <summary>Another live worker has it in hand; the delivery is a duplicate and reconcile watches over the owner.</summary>
    public sealed record OwnedByAnother(string Worker) : ClaimOutcome;

    /// <summary>Its collection is paused; whoever lets it go on sends a new message.</summary>
    public sealed record Paused(string Reason) : ClaimOutcome;

    /// <summary>The ledger knows no such slice: the message is of a run that was removed, or of another ledger.</summary>
    public sealed record Unknown : ClaimOutcome;
}
