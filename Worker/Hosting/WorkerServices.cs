using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Migration.Worker.Consumers;
using Migration.Worker.Probes;

namespace Migration.Worker.Hosting;

/// <summary>Puts a worker's parts together.</summary>
public static class WorkerServices
{
    /// <summary>
    /// What migrates slices. Hosted services stop in the reverse order of their registration, so the heartbeat, added
    /// first, outlives the bus and the slices in hand.
    /// </summary>
    public static IServiceCollection AddSliceMigration(
        this IServiceCollection services, WorkerOptions options, ProgramHealth health)
        => services
            .AddSingleton(options)
            .AddSingleton(health)
            .AddSingleton(TimeProvider.System)
            .AddSingleton(_ => WorkerIdentity.Create())
            .AddSingleton<TargetConnections>()
            .AddSingleton<SlicesInHand>()
            .AddSingleton<DrainSignal>()
            .AddSingleton<WorkRefusal>()
            .AddSingleton<RunSubscriptions>()
            .AddHostedService(provider =>
            {
                var connections = provider.GetRequiredService<TargetConnections>();
                return new Heartbeat(
                    () => connections.Ledger, provider.GetRequiredService<WorkerIdentity>(), health,
                    provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<Heartbeat>>(),
                    provider.GetRequiredService<WorkRefusal>(), () => connections.HasShare);
            });

    /// <summary>The worker's own bus.</summary>
    /// <param name="broker"><c>amqp://</c> or <c>amqps://</c>.</param>
    public static IServiceCollection AddBroker(this IServiceCollection services, string broker)
        => services.AddMassTransit(bus =>
        {
            bus.DisableUsageTelemetry();
            bus.UsingRabbitMq((_, rabbit) =>
            {
                ConfigureHost(rabbit, broker);
                RunTopology.ConfigureEvents(rabbit);
            });
        });

    /// <summary>Takes up the runs that the ledger lists, and ends the process after the last.</summary>
    public static IServiceCollection AddRunWatcher(this IServiceCollection services)
        => services
            .AddHostedService<RunWatcher>()
            .Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(25));

    /// <summary>Host, user, password and TLS from the URI, with publisher confirms.</summary>
    public static void ConfigureHost(IRabbitMqBusFactoryConfigurator rabbit, string broker)
        => rabbit.Host(new Uri(broker), host =>
        {
            host.PublisherConfirmation = true;
            host.Heartbeat(TimeSpan.FromSeconds(15));
        });
}
