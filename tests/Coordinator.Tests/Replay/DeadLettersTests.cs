using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Migration.Contracts.Ledger;
using Migration.Coordinator.Publishing;
using Migration.Coordinator.Replay;
using Migration.Coordinator.Tests.Tracking;
using Migration.TestServers;
using Migration.Worker.Consumers;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Migration.Coordinator.Tests.Replay;

/// <summary>Dead letters in a real error queue, as MassTransit and the broker leave them there.</summary>
public sealed class DeadLettersTests : IAsyncLifetime
{
    private const string Type = "urn:message:Migration.Contracts.Messages:MigrateSlice";

    private static readonly FailureSelection All = new(Cause: null, Collection: null);

    private TestLedger _ledger = null!;
    private RunRecord _run = null!;
    private IConnection _connection = null!;
    private IChannel _channel = null!;
    private RunBus _bus = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Broker => RabbitMq.Uri.AbsoluteUri;

    private RunQueues Queues => new(Broker, _run, TimeProvider.System);

    public async ValueTask InitializeAsync()
    {
        _ledger = await TestLedger.CreateAsync();
        _run = await _ledger.StartRunAsync();
        _connection = await new ConnectionFactory { Uri = RabbitMq.Uri }.CreateConnectionAsync(Cancellation);
        _channel = await _connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), Cancellation);
        await Queues.DeclareAsync(Cancellation);
        _bus = await RunBus.StartOnBrokerAsync(Broker, _run, debug: false, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await _bus.DisposeAsync();
        foreach (var name in new[] { RunTopology.Slices(_run), RunTopology.Events(_run), RunTopology.Errors(_run) })
        {
            await _channel.QueueDeleteAsync(name);
            await _channel.ExchangeDeleteAsync(name);
        }

        await _channel.DisposeAsync();
        await _connection.DisposeAsync();
        await _ledger.DisposeAsync();
    }

    [Fact]
    public async Task Dead_letters_of_both_makes_go_to_the_work_queue_and_leave_the_error_queue()
    {
        await _ledger.FailAsync(0);
        await _ledger.FailAsync(1);
        await DeadLetterAsync(Slice(0), new() { ["MT-Fault-Message"] = "boom" });
        await DeadLetterAsync(Slice(1), new() { ["x-death"] = new List<object> { new Dictionary<string, object> { ["count"] = 1L } } });

        var counts = await ReplayAsync();

        Assert.Equal((2, 0, 0), (counts.Replayed, counts.AlreadyDone, counts.Staying));
        await HoldsAsync(RunTopology.Slices(_run), 2u);
        await HoldsAsync(RunTopology.Errors(_run), 0u);
        Assert.Equal("queued, queued", await StatesAsync());
    }

    [Fact]
    public async Task Two_dead_letters_of_one_slice_put_it_back_once()
    {
        await _ledger.FailAsync(0);
        await DeadLetterAsync(Slice(0));
        await DeadLetterAsync(Slice(0));

        var counts = await ReplayAsync();

        Assert.Equal((1, 0), (counts.Replayed, counts.Staying));
        await HoldsAsync(RunTopology.Slices(_run), 1u);
        await HoldsAsync(RunTopology.Errors(_run), 0u);
    }

    [Fact]
    public async Task A_dead_letter_of_a_slice_that_is_done_or_under_way_brings_nothing_and_goes()
    {
        await _ledger.CompleteAsync(0, written: 100, quarantined: 0);
        await _ledger.ExecuteAsync("UPDATE migration.slice SET state = 'queued', queued_at = clock_timestamp() WHERE number = 1");
        await DeadLetterAsync(Slice(0));
        await DeadLetterAsync(Slice(0));
        await DeadLetterAsync(Slice(1));

        var counts = await ReplayAsync();

        Assert.Equal((0, 3), (counts.Replayed, counts.AlreadyDone));
        await HoldsAsync(RunTopology.Slices(_run), 0u);
        await HoldsAsync(RunTopology.Errors(_run), 0u);
    }

    [Fact]
    public async Task A_replay_that_died_before_its_messages_were_confirmed_is_taken_up()
    {
        await _ledger.FailAsync(0);
        await DeadLetterAsync(Slice(0));
        await new ReplayLedger(_ledger.Target).ReviveAsync(await StartAsync(), _run.Id, All, 1, Cancellation);

        await ReplayAsync();

        await HoldsAsync(RunTopology.Slices(_run), 1u);
        await HoldsAsync(RunTopology.Errors(_run), 0u);
    }

    [Theory]
    [InlineData(null, null, 1)]
    [InlineData(null, "orders", 100)]
    [InlineData("c0ffee", null, 100)]
    public async Task What_is_not_meant_stays_and_is_no_stranger(string? cause, string? collection, long most)
    {
        await _ledger.FailAsync(0);
        await _ledger.FailAsync(1);
        await DeadLetterAsync(Slice(0));
        await DeadLetterAsync(Slice(1));
        var meant = cause is null && collection is null ? 1 : 0;

        var counts = await ReplayAsync(new FailureSelection(cause, collection), most);

        Assert.Equal((meant, 2 - meant, 0), (counts.Replayed, counts.Left, counts.Foreign.Count));
        await HoldsAsync(RunTopology.Slices(_run), (uint)meant);
        await HoldsAsync(RunTopology.Errors(_run), 2u - (uint)meant);
    }

    [Fact]
    public async Task Messages_of_others_stay_are_counted_and_named()
    {
        await StrangersAsync();
        await DeadLetterAsync(Slice(0));
        await _ledger.FailAsync(0);

        var counts = await ReplayAsync();

        Assert.Equal((1, 1), (counts.Replayed, counts.Left));
        Assert.Equal(
            [
                "no content type 1", "text/plain 1", "urn:message:Migration.Contracts.Messages:MigrateSlice of another run (other) 1",
                "urn:message:Shop.Orders:OrderPlaced 1",
            ],
            counts.Foreign.Select(kind => $"{Kind(kind.Key)} {kind.Value}").Where(kind => !kind.StartsWith("application/", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        await HoldsAsync(RunTopology.Errors(_run), 7u);
    }

    [Fact]
    public async Task The_end_of_a_complete_run_takes_its_own_dead_letters_and_the_queue_away()
    {
        await _ledger.CompleteAsync(0, written: 100, quarantined: 0);
        await DeadLetterAsync(Slice(0));
        await DeadLetterAsync(Slice(0));

        var counts = await Letters.ClearCompletedAsync(Cancellation);
        Assert.Equal(0, counts.Staying);
        await Queues.RemoveAsync(keepErrors: false, Cancellation);

        await using var channel = await _connection.CreateChannelAsync(cancellationToken: Cancellation);
        await Assert.ThrowsAsync<OperationInterruptedException>(
            () => channel.QueueDeclarePassiveAsync(RunTopology.Errors(_run), Cancellation));
    }

    [Fact]
    public async Task The_end_of_a_complete_run_leaves_what_others_put_into_its_error_queue()
    {
        await _ledger.CompleteAsync(0, written: 100, quarantined: 0);
        await DeadLetterAsync(Slice(0));
        await StrangersAsync();

        var counts = await Letters.ClearCompletedAsync(Cancellation);
        await Queues.RemoveAsync(keepErrors: counts.Staying > 0, Cancellation);

        Assert.Equal(7, counts.Staying);
        await HoldsAsync(RunTopology.Errors(_run), 7u);
    }

    [Fact]
    public async Task Without_an_error_queue_there_is_nothing_to_take()
    {
        await _channel.QueueDeleteAsync(RunTopology.Errors(_run), cancellationToken: Cancellation);

        Assert.Equal(DeadLetterCounts.None, await ReplayAsync());
    }

    private DeadLetters Letters => new(Broker, _run, _ledger.Target);

    private static string Kind(string kind) => kind.Replace("not to be read here (", "", StringComparison.Ordinal) is var text && text != kind ? text[..^1] : kind;

    private async Task<DeadLetterCounts> ReplayAsync(FailureSelection? selection = null, long most = 100)
    {
        var publisher = new SlicePublisher(
            _bus.Bus, new PlanLedger(_ledger.Target), _run, broker: true, TimeProvider.System, NullLogger<SlicePublisher>.Instance);
        return await Letters.ReplayAsync(
            await StartAsync(), selection ?? All, most, slices => publisher.PublishAsync(slices, Cancellation), Cancellation);
    }

    private Task<Guid> StartAsync() => new ReplayLedger(_ledger.Target).StartAsync(_run.Id, "all", "hash", Cancellation);

    private object Slice(int number) => Slice(_run.Id, _run.Name, number);

    private static object Slice(Guid run, string name, int number)
        => new { runId = run, run = name, collection = "products", slice = number, offset = 0, limit = 100 };

    private async Task StrangersAsync()
    {
        await DeadLetterAsync(Slice(99));
        await DeadLetterAsync(Slice(Guid.NewGuid(), "other", 0));
        await DeadLetterAsync(new { runId = _run.Id, part = 3 });
        await DeadLetterAsync(new { order = 1 }, type: "urn:message:Shop.Orders:OrderPlaced");
        await SendAsync("not ours", new BasicProperties { ContentType = "text/plain" });
        await DeadLetterAsync(null);
        await SendAsync("", new BasicProperties());
    }

    private Task DeadLetterAsync(object? message, Dictionary<string, object?>? headers = null, string type = Type)
        => SendAsync(
            JsonSerializer.Serialize(new { messageId = Guid.NewGuid(), messageType = new[] { type }, message }),
            new BasicProperties { ContentType = "application/vnd.masstransit+json", Headers = headers });

    private async Task SendAsync(string body, BasicProperties properties)
        => await _channel.BasicPublishAsync(
            "", RunTopology.Errors(_run), mandatory: true, properties, Encoding.UTF8.GetBytes(body), Cancellation);

    /// <summary>The broker counts a message that is given back a moment later: waits until the queue holds so many.</summary>
    private async Task HoldsAsync(string queue, uint expected)
    {
        var patience = Stopwatch.StartNew();
        uint count;
        while ((count = await _channel.MessageCountAsync(queue, Cancellation)) != expected && patience.Elapsed < TimeSpan.FromSeconds(30))
            await Task.Yield();
        Assert.Equal(expected, count);
    }

    private async Task<string> StatesAsync()
    {
        await using var command = _ledger.Target.CreateCommand("SELECT string_agg(state, ', ' ORDER BY number) FROM migration.slice");
        return (string)(await command.ExecuteScalarAsync(Cancellation))!;
    }
}
