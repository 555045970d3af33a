using MassTransit;
using Migration.Contracts.Ledger;
using Migration.Contracts.Messages;

namespace Migration.Worker.Consumers;

/// <summary>
/// The names and shapes of a run's queues and exchanges, the same for coordinator and workers. Queues belong to one run,
/// so that it can be purged or removed without touching another; a piece of the run's id is in their names, for two ledgers
/// may have a run of the same name on one broker.
/// </summary>
public static class RunTopology
{
    /// <summary>
    /// Deliveries of one message after which the broker itself gives up on it. High, for the ledger counts attempts
    /// first and better: this is the net for a message that the ledger never gets to see.
    /// </summary>
    public const int DeliveryLimit = 100;

    /// <summary>Work: a quorum queue and a fanout exchange of the same name.</summary>
    public static string Slices(RunRecord run) => Prefix(run) + "slices";

    /// <summary>Dead letters, where MassTransit puts what a consumer gave up on.</summary>
    public static string Errors(RunRecord run) => Slices(run) + "_error";

    /// <summary>Where MassTransit puts messages that an older worker does not know; their slices are sent again.</summary>
    public static string Skipped(RunRecord run) => Slices(run) + "_skipped";

    /// <summary>News for the coordinator.</summary>
    public static string Events(RunRecord run) => Prefix(run) + "events";

    /// <summary>
    /// Where slices are sent: the exchange, because the broker's queue is declared with its arguments by
    /// <see cref="ConfigureSliceQueue"/> and by the coordinator, and sending must not declare it otherwise.
    /// </summary>
    public static Uri SlicesAddress(RunRecord run, bool broker) => new((broker ? "exchange:" : "queue:") + Slices(run));

    /// <summary>
    /// Arguments of the work queue; the coordinator declares it with the same before it publishes. What the broker gives up
    /// on goes to the error queue, kept by the work queue until that has confirmed it (at-least-once, which needs RabbitMQ
    /// 3.10 and an overflow that rejects).
    /// </summary>
    public static IReadOnlyDictionary<string, object?> SliceQueueArguments(RunRecord run) => new Dictionary<string, object?>
    {
        ["x-queue-type"] = "quorum",
        ["x-delivery-limit"] = DeliveryLimit,
        ["x-dead-letter-exchange"] = Errors(run),
        ["x-dead-letter-strategy"] = "at-least-once",
        ["x-overflow"] = "reject-publish",
    };

    /// <summary>
    /// Arguments of the error queue, which the coordinator declares. Looking at a dead letter is a delivery, and RabbitMQ 4
    /// drops after 20 of them where no limit is set: there is one that nobody reaches.
    /// </summary>
    public static IReadOnlyDictionary<string, object?> ErrorQueueArguments { get; } = new Dictionary<string, object?>
    {
        ["x-queue-type"] = "quorum",
        ["x-delivery-limit"] = 1_000_000_000,
    };

    /// <summary>The events' exchanges are topics, and the run's id is the routing key: a coordinator hears its own run only.</summary>
    public static void ConfigureEvents(IRabbitMqBusFactoryConfigurator bus)
    {
        bus.Publish<SliceCompleted>(publish => publish.ExchangeType = "topic");
        bus.Publish<SlicesCompleted>(publish => publish.ExchangeType = "topic");
        bus.Publish<SliceFailed>(publish => publish.ExchangeType = "topic");
        bus.Send<SliceCompleted>(send => send.UseRoutingKeyFormatter(context => RoutingKey(context.Message.RunId)));
        bus.Send<SlicesCompleted>(send => send.UseRoutingKeyFormatter(context => RoutingKey(context.Message.RunId)));
        bus.Send<SliceFailed>(send => send.UseRoutingKeyFormatter(context => RoutingKey(context.Message.RunId)));
    }

    /// <summary>Prefetch is what is worked on at a time: a slice waiting in a worker's buffer is one that nobody else takes.</summary>
    public static void ConfigureSliceQueue(IReceiveEndpointConfigurator endpoint, RunRecord run, int slicesAtATime)
    {
        endpoint.ConfigureConsumeTopology = false;
        endpoint.PrefetchCount = slicesAtATime;
        endpoint.ConcurrentMessageLimit = slicesAtATime;
        if (endpoint is not IRabbitMqReceiveEndpointConfigurator queue)
            return;
        queue.SetQuorumQueue();
        foreach (var (name, value) in SliceQueueArguments(run))
            queue.SetQueueArgument(name, value);
        endpoint.ConfigureError(pipe => pipe.UseFilter(new DeadLetterFilter(Errors(run))));
    }

    /// <summary>An exchange drops what no queue is bound for, unless it is told that the message must arrive.</summary>
    public static void MustArrive<T>(SendContext<T> context)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.TryGetPayload<RabbitMqSendContext>(out var rabbit))
            rabbit.Mandatory = true;
    }

    /// <summary>The coordinator's queue for the news of one run; it goes by itself some time after the coordinator.</summary>
    public static void ConfigureEventQueue(IReceiveEndpointConfigurator endpoint, RunRecord run)
    {
        if (endpoint is not IRabbitMqReceiveEndpointConfigurator queue)
            return;
        endpoint.ConfigureConsumeTopology = false;
        endpoint.PrefetchCount = 200;
        queue.QueueExpiration = TimeSpan.FromHours(1);
        queue.Bind<SliceCompleted>(bind => Topic(bind, run));
        queue.Bind<SlicesCompleted>(bind => Topic(bind, run));
        queue.Bind<SliceFailed>(bind => Topic(bind, run));
    }

    private static void Topic(IRabbitMqExchangeBindingConfigurator bind, RunRecord run)
    {
        bind.ExchangeType = "topic";
        bind.RoutingKey = RoutingKey(run.Id);
    }

    private static string Prefix(RunRecord run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return $"migration-{run.Name}-{RoutingKey(run.Id)[^8..]}-";
    }

    private static string RoutingKey(Guid runId) => runId.ToString("N");
}
