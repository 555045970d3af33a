namespace Migration.Contracts.Ledger;

/// <summary>The ledger cannot be used as asked; the message is for the user and says which knob to turn.</summary>
public class LedgerException : Exception
{
    public LedgerException()
    {
    }

    public LedgerException(string message)
        : base(message)
    {
    }

    public LedgerException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
