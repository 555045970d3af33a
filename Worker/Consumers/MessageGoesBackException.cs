namespace Migration.Worker.Consumers;

/// <summary>
/// The message cannot be done with here. Being a cancelled operation it passes MassTransit's error queue by, and the
/// broker delivers the message again.
/// </summary>
public sealed class MessageGoesBackException : OperationCanceledException
{
    public MessageGoesBackException()
    {
    }

    public MessageGoesBackException(string message)
        : base(message)
    {
    }

    public MessageGoesBackException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
