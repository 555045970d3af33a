using MassTransit;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Migration.Worker.Hosting;
using Migration.Worker.Probes;
using Migration.Worker.Tests.Slices;

namespace Migration.Worker.Tests.Hosting;

public sealed class RunSubscriptionsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_queue_of_a_complete_run_that_cannot_be_left_is_left_behind()
    {
        await using var lab = await SliceLab.CreateAsync(records: 10);
        var (endpoint, time) = (new DeafEndpoint(), new FakeTimeProvider());
        var options = new WorkerOptions { Target = lab.Database.Uri.ToString() };
        var worker = WorkerIdentity.Create();
        await new Contracts.Ledger.WorkerLedger(lab.Database.DataSource).RegisterAsync(worker.Id, worker.Name, Cancellation);
        await using var connections = new TargetConnections(options, worker);
        await using var subscriptions = new RunSubscriptions(
            endpoint, options, worker, connections, new ProgramHealth(time), new SlicesInHand(), new DrainSignal(), new WorkRefusal(null!), time,
            NullLoggerFactory.Instance);
        Assert.True(await subscriptions.HasShareAsync(lab.Run, Cancellation));
        await subscriptions.ConnectAsync(lab.Run, Cancellation);

        var leaving = subscriptions.LeaveCompletedAsync(lab.Run.Id, Cancellation);
        await endpoint.Stopping.Task.WaitAsync(Cancellation);
        Assert.False(leaving.IsCompleted);
        do
            time.Advance(RunSubscriptions.Farewell);
        while (await Task.WhenAny(leaving, Task.Delay(10, Cancellation)) != leaving);

        await leaving;
        Assert.Empty(subscriptions.Runs);
    }

    /// <summary>Is connected at once, and never stops.</summary>
    private sealed class DeafEndpoint : IReceiveEndpointConnector, HostReceiveEndpointHandle
    {
        public TaskCompletionSource Stopping { get; } = new();

        public IReceiveEndpoint ReceiveEndpoint => throw new NotSupportedException();

        public Task<ReceiveEndpointReady> Ready => Task.FromResult<ReceiveEndpointReady>(null!);

        public HostReceiveEndpointHandle ConnectReceiveEndpoint(
            IEndpointDefinition definition, IEndpointNameFormatter? endpointNameFormatter = null,
            Action<IBusRegistrationContext, IReceiveEndpointConfigurator>? configure = null) => this;

        public HostReceiveEndpointHandle ConnectReceiveEndpoint(
            string queueName, Action<IBusRegistrationContext, IReceiveEndpointConfigurator>? configure = null) => this;

        public Task StopAsync(CancellationToken cancellationToken = default) => StopAsync(false, cancellationToken);

        public Task StopAsync(bool removeEndpoint, CancellationToken cancellationToken = default)
        {
            Stopping.SetResult();
            return Task.Delay(Timeout.Infinite, CancellationToken.None);
        }
    }
}
