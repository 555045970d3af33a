namespace Migration.Worker.Targets;

/// <summary>The target is not as the migration file wants it and cannot be made so; the message says what and which knob to turn, without secrets.</summary>
public sealed class TargetException : Exception
{
    public TargetException()
    {
    }

    public TargetException(string message)
        : base(message)
    {
    }

    public TargetException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
