using Migration.Worker.Consumers;
using Migration.Worker.Hosting;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Migration.Coordinator.Publishing;

/// <summary>A run's queues on the broker: declared before anything is sent, counted by reconcile, removed at the end.</summary>
internal sealed class RunQueues(string broker, string run)
{
    private const int QueueIsGone = 404;

    /// <summary>
    /// Makes sure that the work queue and its exchange are there, and returns how many messages wait in it (those in
    /// workers' hands not counted). A queue that somebody deleted is made again, empty.
    /// </summary>
    public async Task<uint> DeclareAsync(CancellationToken cancellationToken)
    {
        await using var connection = await BrokerProbe.Factory(broker).CreateConnectionAsync(cancellationToken);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        var name = RunTopology.Slices(run);
        await channel.ExchangeDeclareAsync(name, ExchangeType.Fanout, durable: true, cancellationToken: cancellationToken);
        var queue = await channel.QueueDeclareAsync(
            name, durable: true, exclusive: false, autoDelete: false,
            arguments: new Dictionary<string, object?>(RunTopology.SliceQueueArguments), cancellationToken: cancellationToken);
        await channel.QueueBindAsync(name, name, "", cancellationToken: cancellationToken);
        return queue.MessageCount;
    }

    /// <summary>
    /// Removes the run's queues and exchanges; the error queue stays when a dead letter is in it.
    /// </summary>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        await using var connection = await BrokerProbe.Factory(broker).CreateConnectionAsync(cancellationToken);
        foreach (var name in new[] { RunTopology.Slices(run), RunTopology.Events(run) })
            await DeleteAsync(connection, name, ifEmpty: false, cancellationToken);
        await DeleteAsync(connection, RunTopology.Errors(run), ifEmpty: true, cancellationToken);
    }

    private static async Task DeleteAsync(
        IConnection connection, string name, bool ifEmpty, CancellationToken cancellationToken)
    {
        // A refusal closes its channel, so each deletion has one of its own.
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        try
        {
            await channel.QueueDeleteAsync(name, ifUnused: false, ifEmpty: ifEmpty, cancellationToken: cancellationToken);
            await channel.ExchangeDeleteAsync(name, cancellationToken: cancellationToken);
        }
        catch (OperationInterruptedException e) when (
            e.ShutdownReason?.ReplyCode is QueueIsGone or Constants.PreconditionFailed)
        {
            // Not there (404), or dead letters are in it (406) and it stays for them.
        }
    }
}
