using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Coordinator.Tracking;
using Migration.Worker.Consumers;
using Migration.Worker.Hosting;
using Migration.Worker.Probes;

namespace Migration.Coordinator.Publishing;

/// <summary>
/// The coordinator's side of the bus for one run: RabbitMQ, or MassTransit's in-memory transport with the workers hosted
/// here. Hears the run's events from the moment it has started.
/// </summary>
internal sealed class RunBus : IAsyncDisposable
{
    /// <summary>The host gives what it runs 30 seconds to stop, and should then go on.</summary>
    private static readonly TimeSpan LongestFarewell = TimeSpan.FromSeconds(45);

    private readonly IHost _host;
    private readonly TimeProvider _time;

    internal RunBus(IHost host, TimeProvider time) => (_host, _time) = (host, time);

    public IBus Bus => _host.Services.GetRequiredService<IBus>();

    public RunNews News => _host.Services.GetRequiredService<RunNews>();

    /// <summary>In process only: why the workers here cannot go on; else null.</summary>
    public Exception? Refusal => _host.Services.GetService<WorkRefusal>()?.Reason;

    /// <summary>What is wrong with the connection to the broker; null when nothing is.</summary>
    public string? Sickness => _host.Services.GetRequiredService<IBusControl>().CheckHealth() is { Status: BusHealthStatus.Unhealthy } sick
        ? sick.Description : null;

    public ILoggerFactory Loggers => _host.Services.GetRequiredService<ILoggerFactory>();

    public static async Task<RunBus> StartOnBrokerAsync(
        string broker, RunRecord run, bool debug, CancellationToken cancellationToken)
    {
        var builder = CreateBuilder(debug);
        builder.Services.AddMassTransit(bus =>
        {
            bus.DisableUsageTelemetry();
            bus.UsingRabbitMq((context, rabbit) =>
            {
                WorkerServices.ConfigureHost(rabbit, broker);
                RunTopology.ConfigureEvents(rabbit);
                rabbit.ReceiveEndpoint(RunTopology.Events(run), endpoint => HearEvents(context, endpoint, run));
            });
        });
        return await StartAsync(builder.Build(), cancellationToken);
    }

    /// <summary>Coordinator and workers in one process, with no broker at all.</summary>
    public static async Task<RunBus> StartInProcessAsync(
        WorkerOptions workers, RunRecord run, bool debug, ProgramHealth health, CancellationToken cancellationToken)
    {
        var builder = CreateBuilder(debug);
        builder.Services.AddSliceMigration(workers, health).AddMassTransit(bus =>
        {
            bus.DisableUsageTelemetry();
            bus.UsingInMemory((context, memory) => memory.ReceiveEndpoint(
                RunTopology.Events(run), endpoint => HearEvents(context, endpoint, run)));
        });
        return await StartAsync(builder.Build(), cancellationToken);
    }

    /// <summary>In process only: starts taking slices, once there are connections for it.</summary>
    public async Task TakeSlicesAsync(RunRecord run, CancellationToken cancellationToken)
    {
        var subscriptions = _host.Services.GetRequiredService<RunSubscriptions>();
        await subscriptions.WaitForShareAsync(run, cancellationToken);
        await subscriptions.ConnectAsync(run, cancellationToken);
    }

    /// <summary>In process only: the slices in hand commit their batch and are handed back.</summary>
    public async Task LetGoAsync(RunRecord run, CancellationToken cancellationToken)
    {
        _host.Services.GetRequiredService<Migration.Worker.DrainSignal>().Give();
        await _host.Services.GetRequiredService<RunSubscriptions>().DisconnectAsync(run.Id, cancellationToken);
    }

    /// <remarks>
    /// A broker that was away may leave a client waiting for an answer that never comes. All that matters was done before, so
    /// that is not waited for for ever: the end of the process says goodbye as well.
    /// </remarks>
    public async ValueTask DisposeAsync()
    {
        var logger = Loggers.CreateLogger<RunBus>();
        try
        {
            await Task.Run(LeaveAsync).WaitAsync(LongestFarewell, _time);
        }
        catch (TimeoutException)
        {
            logger.NoFarewell(LongestFarewell.TotalSeconds);
        }
    }

    private async Task LeaveAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    private static HostApplicationBuilder CreateBuilder(bool debug)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddWorkerConsole(debug);
        builder.Services.AddSingleton<RunNews>();

        // The command owns Ctrl-C and SIGTERM; a second owner would take the bus down under it.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        return builder;
    }

    private static async Task<RunBus> StartAsync(IHost host, CancellationToken cancellationToken)
    {
        await host.StartAsync(cancellationToken);
        await host.Services.GetRequiredService<IBusControl>()
            .WaitForHealthStatus(BusHealthStatus.Healthy, cancellationToken);
        return new RunBus(host, TimeProvider.System);
    }

    private static void HearEvents(IServiceProvider services, IReceiveEndpointConfigurator endpoint, RunRecord run)
    {
        RunTopology.ConfigureEventQueue(endpoint, run);
        endpoint.Consumer(() => new SliceNewsConsumer(
            services.GetRequiredService<RunNews>(), services.GetRequiredService<ILogger<SliceNewsConsumer>>()));
    }
}
