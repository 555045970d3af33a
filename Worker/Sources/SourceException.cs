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
}
