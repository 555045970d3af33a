namespace Migration.TestServers;

/// <summary>The broker that MIGRATION_TEST_RABBITMQ names.</summary>
public static class RabbitMq
{
    public static Uri Uri =>
        new(ServerAddress.Required("MIGRATION_TEST_RABBITMQ", "amqp://user:password@localhost:5672/"));

    /// <summary>
    /// True where the broker was started by scripts/servers.sh, so that virtual hosts can be made. Elsewhere a test
    /// keeps itself apart by a run name of its own.
    /// </summary>
    public static bool CanCreateVirtualHosts => ServerScript.Controls(ServerScript.RabbitMq);

    /// <summary>An empty virtual host for one test, removed with its queues when disposed of.</summary>
    /// <exception cref="InvalidOperationException">The broker was not started by scripts/servers.sh.</exception>
    public static async Task<VirtualHost> CreateVirtualHostAsync(CancellationToken cancellation = default)
    {
        var name = "test_" + Guid.NewGuid().ToString("N");
        var user = Uri.UnescapeDataString(Uri.UserInfo.Split(':')[0]);
        await ControlAsync(cancellation, "add_vhost", name);
        await ControlAsync(cancellation, "set_permissions", "-p", name, user, ".*", ".*", ".*");
        return new VirtualHost(name, new UriBuilder(Uri) { Path = name }.Uri);
    }

    internal static Task ControlAsync(CancellationToken cancellation, params string[] arguments) =>
        ServerScript.RunAsync("rabbitmqctl", ServerScript.RabbitMq, arguments, cancellation);
}
