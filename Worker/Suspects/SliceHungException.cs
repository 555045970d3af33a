namespace Migration.Worker.Suspects;

/// <summary>An attempt at a slice stood still for longer than <c>worker.progressSeconds</c>.</summary>
public sealed class SliceHungException : Exception
{
    public SliceHungException()
    {
    }

    public SliceHungException(string message)
        : base(message)
    {
    }

    public SliceHungException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>True when it did not even stop when asked to: its thread is lost, and only the process's end frees it.</summary>
    public bool IsDeaf { get; init; }
}
