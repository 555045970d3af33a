using MassTransit;
using MassTransit.RabbitMqTransport;
using RabbitMQ.Client;

namespace Migration.Worker.Consumers;

/// <summary>
/// Puts the message of a slice that was given up into the run's error queue, byte for byte, and returns when the broker
/// has confirmed it. It takes the place of MassTransit's own filter because that one declares the error queue with the work
/// queue's arguments: a dead letter would then be dropped after so many looks at it.
/// </summary>
internal sealed class DeadLetterFilter(string exchange) : IFilter<ExceptionReceiveContext>
{
    public async Task Send(ExceptionReceiveContext context, IPipe<ExceptionReceiveContext> next)
    {
        if (!context.TryGetPayload(out ChannelContext? channel) || !context.TryGetPayload(out RabbitMqBasicConsumeContext? delivery))
            throw new InvalidOperationException("The message did not come from RabbitMQ.");
        var properties = new BasicProperties(delivery.Properties) { DeliveryMode = DeliveryModes.Persistent };
        properties.Headers = new Dictionary<string, object?>(properties.Headers ?? new Dictionary<string, object?>())
        {
            [MessageHeaders.Reason] = "fault",
            [MessageHeaders.FaultMessage] = context.Exception.Message,
            [MessageHeaders.FaultTimestamp] = context.ExceptionTimestamp.ToString("O"),
        };
        await channel.BasicPublishAsync(exchange, "", true, properties, context.Body.GetBytes(), true, context.CancellationToken);
        await next.Send(context);
    }

    public void Probe(ProbeContext context) => context.CreateFilterScope("deadLetter").Add("exchange", exchange);
}
