using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Worker.Consumers;
using Npgsql;

namespace Migration.Worker.Hosting;

/// <summary>Puts a worker's parts together.</summary>
public static class WorkerServices
{
    /// <summary>Connections of its own, so that a heartbeat never waits behind the slices for one.</summary>
    private const string HeartbeatTarget = "heartbeat";

    /// <summary>
    /// What migrates slices. Hosted services stop in the reverse order of their registration, so the heartbeat, added
    /// first, outlives the bus and the slices in hand.
    /// </summary>
    public static IServiceCollection AddSliceMigration(this IServiceCollection services, WorkerOptions options)
        => services
            .AddSingleton(options)
            .AddSingleton(TimeProvider.System)
            .AddSingleton(_ => WorkerIdentity.Create())
            .AddSingleton(provider => OpenTarget(
                options.Target, provider.GetRequiredService<WorkerIdentity>().Name, 4 * options.Multiply + 4))
            .AddKeyedSingleton(HeartbeatTarget, (provider, _) => OpenTarget(
                options.Target, provider.GetRequiredService<WorkerIdentity>().Name, 2))
            .AddSingleton<SlicesInHand>()
            .AddSingleton<DrainSignal>()
            .AddSingleton<WorkRefusal>()
            .AddSingleton<RunSubscriptions>()
            .AddHostedService(provider => new Heartbeat(
                provider.GetRequiredKeyedService<NpgsqlDataSource>(HeartbeatTarget),
                provider.GetRequiredService<WorkerIdentity>(), provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<Heartbeat>>(), provider.GetRequiredService<WorkRefusal>()));

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

    /// <param name="connections">At least so many may be open at a time, whatever the URI says.</param>
    private static NpgsqlDataSource OpenTarget(string uri, string worker, int connections)
    {
        var connection = new NpgsqlConnectionStringBuilder(ConnectionText.ToNpgsql(uri))
        {
            ApplicationName = WorkerSession.ApplicationName(worker),
            IncludeErrorDetail = true,
        };
        connection.MaxPoolSize = Math.Max(connection.MaxPoolSize, connections);
        return NpgsqlDataSource.Create(connection);
    }
}
