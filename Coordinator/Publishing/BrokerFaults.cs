using MassTransit;
using RabbitMQ.Client.Exceptions;

namespace Migration.Coordinator.Publishing;

/// <summary>What the broker's being away looks like, through its client and through MassTransit.</summary>
internal static class BrokerFaults
{
    /// <summary>True when what was to be sent stays in the ledger as waiting and reconcile may send it later.</summary>
    /// <param name="cancellationToken">
    /// The caller's: what is cancelled without it was given up by the client or by MassTransit, with a connection that was lost.
    /// </param>
    public static bool IsTransient(Exception exception, CancellationToken cancellationToken) => exception
        is BrokerUnreachableException or AlreadyClosedException
        or OperationInterruptedException { ShutdownReason.ReplyCode: not (403 or 406) }
        or MassTransitException or TimeoutException or IOException
        || exception is OperationCanceledException && !cancellationToken.IsCancellationRequested;
}
