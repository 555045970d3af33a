using MassTransit;
using MassTransit.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Migration.Contracts.Messages;
using Migration.Worker.Consumers;
using Migration.Worker.Hosting;
using Migration.Worker.Tests.Slices;

namespace Migration.Worker.Tests.Consumers;

/// <summary>A worker's consumers on MassTransit's in-memory transport, over a lab's slices.</summary>
internal sealed class ConsumerBench : IAsyncDisposable
{
    private readonly SliceLab _lab;
    private readonly ServiceProvider _services;

    private readonly bool _isForGroupsOnly;

    private ConsumerBench(SliceLab lab, RunContext worker, bool isForGroupsOnly)
    {
        (_lab, Worker, _isForGroupsOnly) = (lab, worker, isForGroupsOnly);
        _services = new ServiceCollection()
            .AddMassTransitTestHarness(TextWriter.Null, bus =>
            {
                bus.DisableUsageTelemetry();
                bus.UsingInMemory((_, memory) => memory.ReceiveEndpoint(RunTopology.Slices(lab.Run), Configure));
            })
            .BuildServiceProvider(validateScopes: true);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public RunContext Worker { get; }

    public DrainSignal Drain { get; } = new();

    public SlicesInHand InHand { get; } = new();

    public WorkRefusal Refusal { get; } = new(new NoLifetime());

    public ITestHarness Bus { get; private set; } = null!;

    /// <param name="worker">One whose time stands still when left out.</param>
    /// <param name="isForGroupsOnly">Messages for single slices stay where they are sent.</param>
    public static async Task<ConsumerBench> StartAsync(SliceLab lab, RunContext? worker = null, bool isForGroupsOnly = false)
    {
        var bench = new ConsumerBench(lab, worker ?? lab.Worker(lab.Database.DataSource, new StandingTime()), isForGroupsOnly);
        bench.Bus = bench._services.GetRequiredService<ITestHarness>();
        bench.Bus.TestTimeout = TimeSpan.FromMinutes(1);
        bench.Bus.TestInactivityTimeout = TimeSpan.FromSeconds(30);
        await bench.Bus.Start();
        return bench;
    }

    public async Task SendAsync(int first, int count, Guid? id = null)
    {
        var endpoint = await Bus.Bus.GetSendEndpoint(RunTopology.SlicesAddress(_lab.Run, broker: false));
        await endpoint.Send(
            new MigrateSlices(_lab.Run.Id, "lab", "numbers", first, count, 0, 1), send => send.MessageId = id ?? send.MessageId, Cancellation);
    }

    /// <summary>Sends it, and waits until it is acknowledged.</summary>
    public async Task MigrateAsync(int first, int count)
    {
        await SendAsync(first, count);
        await ConsumedAsync();
    }

    public async Task ConsumedAsync() => Assert.True(await Bus.Consumed.Any<MigrateSlices>(m => m.Exception is null, Cancellation));

    /// <summary>So many of them, sent to the slices' queue.</summary>
    public Task<List<T>> SentAsync<T>(int count)
        where T : class
        => TakeAsync(Bus.Sent.SelectAsync<T>(Cancellation), m => m.Context.Message, count);

    public Task<List<MigrateSlice>> ConsumedAsync(int count) => TakeAsync(Bus.Consumed.SelectAsync<MigrateSlice>(Cancellation), m => m.Context.Message, count);

    public Task<List<T>> PublishedAsync<T>(int count)
        where T : class
        => TakeAsync(Bus.Published.SelectAsync<T>(Cancellation), m => m.Context.Message, count);

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        Drain.Dispose();
    }

    private void Configure(IReceiveEndpointConfigurator endpoint)
    {
        var identity = new WorkerIdentity(Guid.NewGuid(), "host:1");
        endpoint.Consumer(() => new MigrateSlicesConsumer(
            Worker, identity, InHand, Drain, Refusal, TimeProvider.System, NullLogger<MigrateSlicesConsumer>.Instance));
        if (_isForGroupsOnly)
            return;
        endpoint.Consumer(() => new MigrateSliceConsumer(
            Worker, identity, InHand, Drain, Refusal, TimeProvider.System, NullLogger<MigrateSliceConsumer>.Instance));
    }

    private static async Task<List<T>> TakeAsync<TMessage, T>(IAsyncEnumerable<TMessage> messages, Func<TMessage, T> read, int count)
    {
        var found = new List<T>();
        await foreach (var message in messages)
        {
            found.Add(read(message));
            if (found.Count == count)
                break;
        }

        return found;
    }

    private sealed class NoLifetime : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication()
        {
        }
    }
}
