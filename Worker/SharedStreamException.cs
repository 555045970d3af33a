using Npgsql;

namespace Migration.Worker;

/// <summary>
/// A streamed batch that several slices shared came to nothing, or its end is not known, for a reason that is another slice's.
/// Each asks the ledger how far it is.
/// </summary>
public sealed class SharedStreamException : NpgsqlException
{
    public SharedStreamException()
    {
    }

    public SharedStreamException(string message)
        : base(message)
    {
    }

    public SharedStreamException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>By itself the slice may go through at once.</summary>
    public override bool IsTransient => true;
}
