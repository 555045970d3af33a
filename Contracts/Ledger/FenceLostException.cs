namespace Migration.Contracts.Ledger;

/// <summary>
/// The slice was given to somebody else, or its checkpoint is not the one this batch started from. The batch must be
/// rolled back and the slice left alone: whoever holds it now goes on from the committed checkpoint.
/// </summary>
public sealed class FenceLostException : LedgerException
{
    public FenceLostException()
    {
    }

    public FenceLostException(string message)
        : base(message)
    {
    }

    public FenceLostException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
