using MassTransit;
using Migration.Contracts.Ledger;
using Migration.Contracts.Messages;
using Migration.Coordinator.Publishing;
using Migration.Coordinator.Replay;
using Migration.TestServers;
using Migration.Worker.Consumers;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace Migration.Coordinator.Tests.Publishing;

public sealed class RunQueuesTests : IAsyncLifetime
{
    private readonly RunRecord _run = new(
        Guid.NewGuid(), "queues", RunState.Running, "{}", "", null, DateTimeOffset.UnixEpoch, null, null);

    private IConnection _connection = null!;
    private IChannel _channel = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private RunQueues Queues => new(RabbitMq.Uri.AbsoluteUri, _run, TimeProvider.System);

    public async ValueTask InitializeAsync()
    {
        _connection = await new ConnectionFactory { Uri = RabbitMq.Uri }.CreateConnectionAsync(Cancellation);
        _channel = await _connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await using (var channel = await _connection.CreateChannelAsync())
        {
            foreach (var name in new[] { RunTopology.Slices(_run), RunTopology.Events(_run), RunTopology.Errors(_run) })
            {
                await channel.QueueDeleteAsync(name);
                await channel.ExchangeDeleteAsync(name);
            }
        }

        await _channel.DisposeAsync();
        await _connection.DisposeAsync();
    }

    [Fact]
    public async Task Declaring_again_counts_what_waits_and_loses_none_of_it()
    {
        Assert.Equal(0u, await Queues.DeclareAsync(Cancellation));
        await SendAsync(RunTopology.Slices(_run), "");
        await SendAsync(RunTopology.Slices(_run), "");

        Assert.Equal(2u, await Queues.DeclareAsync(Cancellation));
        Assert.Equal(2u, await Queues.DeclareAsync(Cancellation));
    }

    /// <summary>Made again at once it would take their messages, and they would wait for ever.</summary>
    [Fact]
    public async Task A_queue_that_vanishes_during_a_run_returns_only_when_its_consumers_know_that_it_was_gone()
    {
        await Queues.DeclareAsync(Cancellation);
        var knows = new TaskCompletionSource();
        var consumer = new AsyncEventingBasicConsumer(_channel);
        consumer.UnregisteredAsync += (_, _) =>
        {
            knows.TrySetResult();
            return Task.CompletedTask;
        };
        await _channel.BasicQosAsync(0, 1, global: false, Cancellation);
        await _channel.BasicConsumeAsync(RunTopology.Slices(_run), autoAck: false, consumer, Cancellation);
        await using var other = await _connection.CreateChannelAsync(cancellationToken: Cancellation);
        await other.QueueDeleteAsync(RunTopology.Slices(_run), cancellationToken: Cancellation);

        Assert.Equal(0u, await Queues.RestoreAsync(Cancellation));

        await knows.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
        await SendAsync(RunTopology.Slices(_run), "");
        Assert.Equal(1u, await Queues.RestoreAsync(Cancellation));
    }

    [Fact]
    public async Task A_queue_that_was_deleted_is_made_again_and_bound()
    {
        await Queues.DeclareAsync(Cancellation);
        await _channel.QueueDeleteAsync(RunTopology.Slices(_run), cancellationToken: Cancellation);

        Assert.Equal(0u, await Queues.DeclareAsync(Cancellation));

        await SendAsync(RunTopology.Slices(_run), "");
        Assert.Equal(1u, await Queues.DeclareAsync(Cancellation));
    }

    [Fact]
    public async Task The_end_of_a_run_removes_its_queues_and_keeps_its_dead_letters()
    {
        await Queues.DeclareAsync(Cancellation);
        await SendAsync("", RunTopology.Errors(_run));
        while ((await _channel.QueueDeclarePassiveAsync(RunTopology.Errors(_run), Cancellation)).MessageCount == 0)
            await Task.Yield();

        await Queues.RemoveAsync(keepErrors: false, Cancellation);

        Assert.Equal(1u, (await _channel.QueueDeclarePassiveAsync(RunTopology.Errors(_run), Cancellation)).MessageCount);
        await Assert.ThrowsAsync<OperationInterruptedException>(
            () => _channel.QueueDeclarePassiveAsync(RunTopology.Slices(_run), Cancellation));
    }

    [Fact]
    public async Task An_error_queue_without_dead_letters_goes_too()
    {
        await Queues.DeclareAsync(Cancellation);

        await Queues.RemoveAsync(keepErrors: false, Cancellation);

        await Assert.ThrowsAsync<OperationInterruptedException>(
            () => _channel.QueueDeclarePassiveAsync(RunTopology.Errors(_run), Cancellation));
    }

    [Fact]
    public async Task Removing_what_is_not_there_is_no_failure()
        => await Queues.RemoveAsync(keepErrors: false, Cancellation);

    [Fact]
    public async Task What_the_broker_gives_up_on_goes_to_the_error_queue()
    {
        await Queues.DeclareAsync(Cancellation);
        await SendAsync(RunTopology.Slices(_run), "");

        for (var delivery = 0; delivery <= RunTopology.DeliveryLimit; delivery++)
        {
            var message = await GetAsync(RunTopology.Slices(_run));
            await _channel.BasicNackAsync(message.DeliveryTag, multiple: false, requeue: true, Cancellation);
        }

        var dead = await GetAsync(RunTopology.Errors(_run));
        Assert.Contains("x-death", dead.BasicProperties.Headers!.Keys);
        Assert.Equal(0u, await Queues.DeclareAsync(Cancellation));
    }

    [Fact]
    public async Task A_worker_declares_the_work_queue_as_the_coordinator_does_and_puts_what_it_gives_up_into_the_error_queue()
    {
        await Queues.DeclareAsync(Cancellation);
        var bus = Bus.Factory.CreateUsingRabbitMq(rabbit =>
        {
            rabbit.Host(RabbitMq.Uri);
            rabbit.ReceiveEndpoint(RunTopology.Slices(_run), endpoint =>
            {
                RunTopology.ConfigureSliceQueue(endpoint, _run, 1);
                endpoint.Handler<MigrateSlice>(_ => throw new InvalidOperationException("boom"));
            });
        });
        await bus.StartAsync(Cancellation);
        try
        {
            var endpoint = await bus.GetSendEndpoint(RunTopology.SlicesAddress(_run, broker: true));
            await endpoint.Send(new MigrateSlice(_run.Id, _run.Name, "products", 0, 0, 1), Cancellation);

            var dead = await GetAsync(RunTopology.Errors(_run));
            Assert.Equal(new SliceId(_run.Id, "products", 0), DeadLetter.Read(dead, _run.Id).Slice?.Id);
            Assert.Contains("boom", System.Text.Encoding.UTF8.GetString((byte[])dead.BasicProperties.Headers!["MT-Fault-Message"]!), StringComparison.Ordinal);
        }
        finally
        {
            await bus.StopAsync(CancellationToken.None);
        }
    }

    [Fact]
    public async Task A_dead_letter_can_be_looked_at_more_often_than_the_broker_delivers_a_slice()
    {
        await Queues.DeclareAsync(Cancellation);
        await SendAsync(RunTopology.Errors(_run), "");

        for (var look = 0; look < 2 * RunTopology.DeliveryLimit; look++)
            await _channel.BasicNackAsync((await GetAsync(RunTopology.Errors(_run))).DeliveryTag, multiple: false, requeue: true, Cancellation);

        Assert.NotEmpty((await GetAsync(RunTopology.Errors(_run))).Body.ToArray());
    }

    private async Task<BasicGetResult> GetAsync(string queue)
    {
        while (true)
        {
            Cancellation.ThrowIfCancellationRequested();
            if (await _channel.BasicGetAsync(queue, autoAck: false, Cancellation) is { } message)
                return message;
        }
    }

    private async Task SendAsync(string exchange, string routingKey)
        => await _channel.BasicPublishAsync(exchange, routingKey, mandatory: true, new byte[] { 1 }, Cancellation);
}
