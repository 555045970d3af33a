namespace Migration.Worker.Consumers;

/// <summary>The slice had all its attempts; its message belongs in the error queue.</summary>
public sealed class SliceGivenUpException : Exception
{
    public SliceGivenUpException()
    {
    }

    public SliceGivenUpException(string message)
        : base(message)
    {
    }

    public SliceGivenUpException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
