namespace Migration.Worker.Sources;

/// <summary>The source refused or cannot be trusted; the message says what, where and which knob to turn, without secrets.</summary>
public sealed class SourceException : Exception
{
    public SourceException()
    {
    }

    public SourceException(string message)
        : base(message)
    {
    }

    public SourceException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>
    /// True when the same call may succeed later without anybody changing anything (a failover, a lost connection);
    /// false (the default) when it will fail again until the user turns a knob.
    /// </summary>
    public bool IsTransient { get; init; }
}
