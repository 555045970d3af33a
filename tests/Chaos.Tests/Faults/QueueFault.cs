using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Migration.Chaos.Tests.Faults;

internal enum QueueDeed
{
    Purge,
    Delete,

    /// <summary>Every message that waits is sent two times more, in another order.</summary>
    Duplicate,

    /// <summary>Every message that waits is taken out and sent again, the last first.</summary>
    Reverse,
}

/// <summary>Something happens to the run's work queue.</summary>
internal sealed class QueueFault(string name, QueueDeed deed, int seed, Moment moment)
    : OutsideFault(name, $"{deed.ToString().ToLowerInvariant()} queue", moment)
{
    private const int QueueIsGone = 404;

    private uint _messages;

    public override bool HasStruck(Theatre theatre) => _messages > 0;

    protected override async Task HappenAsync(Theatre theatre, CancellationToken cancellation)
    {
        try
        {
            if (await theatre.Bed.FindQueueAsync(cancellation) is { } queue)
                await HappenAsync(theatre, queue, cancellation);
        }
        catch (OperationInterruptedException e) when (e.ShutdownReason?.ReplyCode == QueueIsGone)
        {
            // Another fault has deleted it, and reconcile has not made it again: there is no message to do anything to.
        }
    }

    private async Task HappenAsync(Theatre theatre, string queue, CancellationToken cancellation)
    {
        var factory = new ConnectionFactory { Uri = theatre.Arena.Broker.Uri };
        await using var connection = await factory.CreateConnectionAsync(cancellation);
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellation);
        _messages = deed switch
        {
            QueueDeed.Purge => await channel.QueuePurgeAsync(queue, cancellation),
            QueueDeed.Delete => await channel.QueueDeleteAsync(queue, cancellationToken: cancellation),
            _ => await SendAgainAsync(channel, queue, cancellation),
        };
    }

    private async Task<uint> SendAgainAsync(IChannel channel, string queue, CancellationToken cancellation)
    {
        var waiting = new List<BasicGetResult>();
        while (await channel.BasicGetAsync(queue, autoAck: false, cancellation) is { } message)
            waiting.Add(message);

        List<BasicGetResult> copies = deed == QueueDeed.Reverse ? [.. waiting.AsEnumerable().Reverse()] : [.. waiting, .. waiting];
        if (deed == QueueDeed.Duplicate)
            new Random(seed).Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(copies));
        foreach (var copy in copies)
            await channel.BasicPublishAsync(queue, "", mandatory: true, new BasicProperties(copy.BasicProperties), copy.Body, cancellation);

        // The originals go only once their copies are confirmed; those that stay wait again, marked as redelivered.
        foreach (var message in waiting)
        {
            await (deed == QueueDeed.Reverse
                ? channel.BasicAckAsync(message.DeliveryTag, multiple: false, cancellation)
                : channel.BasicNackAsync(message.DeliveryTag, multiple: false, requeue: true, cancellation));
        }

        return (uint)waiting.Count;
    }
}
