using Migration.Contracts.Ledger;
using Migration.Worker.Consumers;
using Migration.Worker.Hosting;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Migration.Coordinator.Publishing;

/// <summary>A run's queues on the broker: declared before anything is sent, counted by reconcile, removed at the end.</summary>
internal sealed class RunQueues(string broker, RunRecord run, TimeProvider time)
{
    private const int QueueIsGone = 404;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Between a queue's deletion and its return. Within some 20 ms RabbitMQ (seen with 3.10) does not tell consumers that
    /// their queue is gone: they wait for ever, while the new queue hands its messages to them and nobody gets any.
    /// </summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    /// <summary>Workers look every two seconds whether the run is over.</summary>
    private static readonly TimeSpan LetGo = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Makes sure that the work queue, the error queue and their exchanges are there, and returns how many messages wait in it (those in
    /// workers' hands not counted). A queue that somebody deleted is made again, empty.
    /// </summary>
    /// <exception cref="TimeoutException">The broker does not answer.</exception>
    public Task<uint> DeclareAsync(CancellationToken cancellationToken) => InTimeAsync(DeclareOnceAsync, cancellationToken);

    /// <summary>As <see cref="DeclareAsync"/>, for a run under way: a queue that is missing has just been deleted, maybe this very moment.</summary>
    /// <exception cref="TimeoutException">The broker does not answer.</exception>
    public Task<uint> RestoreAsync(CancellationToken cancellationToken) => InTimeAsync(RestoreOnceAsync, cancellationToken);

    private async Task<uint> RestoreOnceAsync(CancellationToken cancellationToken)
    {
        await using var connection = await BrokerProbe.Factory(broker).CreateConnectionAsync(cancellationToken);
        if (await FindAsync(connection, RunTopology.Slices(run), cancellationToken) is not { } slices)
        {
            await Task.Delay(Farewell, time, cancellationToken);
            return await DeclareOnceAsync(cancellationToken);
        }

        // What is around the queue, and not the queue: it may be gone again by now.
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        await DeclareOnceAsync(channel, RunTopology.Errors(run), RunTopology.ErrorQueueArguments, cancellationToken);
        await BindOnceAsync(channel, RunTopology.Slices(run), cancellationToken);
        return slices.MessageCount;
    }

    private async Task<uint> DeclareOnceAsync(CancellationToken cancellationToken)
    {
        await using var connection = await BrokerProbe.Factory(broker).CreateConnectionAsync(cancellationToken);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);

        // First the error queue: the broker keeps what it gave up on as long as there is nowhere to put it.
        await DeclareOnceAsync(channel, RunTopology.Errors(run), RunTopology.ErrorQueueArguments, cancellationToken);
        return (await DeclareOnceAsync(channel, RunTopology.Slices(run), RunTopology.SliceQueueArguments(run), cancellationToken)).MessageCount;
    }

    private static async Task<QueueDeclareOk> DeclareOnceAsync(
        IChannel channel, string name, IReadOnlyDictionary<string, object?> arguments, CancellationToken cancellationToken)
    {
        var queue = await channel.QueueDeclareAsync(
            name, durable: true, exclusive: false, autoDelete: false,
            arguments: new Dictionary<string, object?>(arguments), cancellationToken: cancellationToken);
        await BindOnceAsync(channel, name, cancellationToken);
        return queue;
    }

    private static async Task BindOnceAsync(IChannel channel, string name, CancellationToken cancellationToken)
    {
        await channel.ExchangeDeclareAsync(name, ExchangeType.Fanout, durable: true, cancellationToken: cancellationToken);
        await channel.QueueBindAsync(name, name, "", cancellationToken: cancellationToken);
    }

    /// <summary>
    /// Removes the run's queues and exchanges, once the workers have let go of them or after a while; the error queue
    /// stays when a dead letter is in it.
    /// </summary>
    /// <param name="keepErrors">
    /// True for who knows of messages in the error queue: those just given back to it may not be counted yet.
    /// </param>
    /// <exception cref="TimeoutException">The broker does not answer.</exception>
    public Task RemoveAsync(bool keepErrors, CancellationToken cancellationToken) => InTimeAsync(
        async token =>
        {
            await RemoveOnceAsync(keepErrors, token);
            return true;
        },
        cancellationToken);

    private async Task RemoveOnceAsync(bool keepErrors, CancellationToken cancellationToken)
    {
        await using var connection = await BrokerProbe.Factory(broker).CreateConnectionAsync(cancellationToken);
        await WaitForWorkersAsync(connection, cancellationToken);
        await DeleteAsync(connection, RunTopology.Slices(run), cancellationToken);
        await DeleteAsync(connection, RunTopology.Events(run), cancellationToken);
        await DeleteAsync(connection, RunTopology.Skipped(run), cancellationToken);
        if (!keepErrors && await FindAsync(connection, RunTopology.Errors(run), cancellationToken) is { MessageCount: 0 })
            await DeleteAsync(connection, RunTopology.Errors(run), cancellationToken);
    }

    /// <summary>A broker that hangs must not hang its caller.</summary>
    private async Task<T> InTimeAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        using var timeUp = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeUp.Token, cancellationToken);
        try
        {
            return await ask(either.Token).WaitAsync(either.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"RabbitMQ has not answered for {Patience.TotalSeconds:0} seconds.", e);
        }
    }

    /// <summary>A worker that still consumes would declare the queue again the moment it is deleted.</summary>
    private async Task WaitForWorkersAsync(IConnection connection, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (time.GetElapsedTime(started) < LetGo
            && await FindAsync(connection, RunTopology.Slices(run), cancellationToken) is { ConsumerCount: > 0 })
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), time, cancellationToken);
        }
    }

    /// <summary>Null when there is no such queue.</summary>
    private static async Task<QueueDeclareOk?> FindAsync(
        IConnection connection, string name, CancellationToken cancellationToken)
    {
        // A refusal closes its channel, so each question has one of its own.
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        try
        {
            return await channel.QueueDeclarePassiveAsync(name, cancellationToken);
        }
        catch (OperationInterruptedException e) when (e.ShutdownReason?.ReplyCode == QueueIsGone)
        {
            return null;
        }
    }

    // Not with if-empty: quorum queues do not implement it. RabbitMQ deletes what is not there without complaint.
    private static async Task DeleteAsync(IConnection connection, string name, CancellationToken cancellationToken)
    {
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        await channel.QueueDeleteAsync(name, ifUnused: false, ifEmpty: false, cancellationToken: cancellationToken);
        await channel.ExchangeDeleteAsync(name, cancellationToken: cancellationToken);
    }
}
