namespace Migration.Worker;

/// <summary>Something that the user can mend; the message says how.</summary>
public sealed class UserException : Exception
{
    public UserException()
    {
    }

    public UserException(string message)
        : base(message)
    {
    }

    public UserException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public UserException(int code, string message, Exception? innerException = null)
        : base(message, innerException) => Code = code;

    /// <summary>Of <see cref="ExitCode"/>.</summary>
    public int Code { get; } = ExitCode.Configuration;
}
