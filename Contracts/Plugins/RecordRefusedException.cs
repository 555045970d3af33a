namespace Migration.Contracts.Plugins;

/// <summary>
/// A record that a plugin can do nothing with, for a reason that lies in the record. The message is shown in quarantine;
/// records with the same message are counted together, so it had better not hold their values.
/// </summary>
public sealed class RecordRefusedException : Exception
{
    public RecordRefusedException()
    {
    }

    public RecordRefusedException(string message)
        : base(message)
    {
    }

    public RecordRefusedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
