using Migration.Contracts.Migrations;
using RabbitMQ.Client;

namespace Migration.Worker.Hosting;

/// <summary>
/// Tries the broker once before anything starts, so that a wrong password or address is one message and an exit code
/// instead of a bus that tries for ever.
/// </summary>
public static class BrokerProbe
{
    private static readonly TimeSpan LongestTry = TimeSpan.FromSeconds(30);

    /// <exception cref="RabbitMQ.Client.Exceptions.BrokerUnreachableException">It cannot be reached, or refuses the user.</exception>
    /// <exception cref="UserException">The URI cannot be read.</exception>
    public static async Task CheckAsync(string broker, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await Factory(broker).CreateConnectionAsync("migration check", cancellationToken)
                .WaitAsync(LongestTry, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new UserException(
                ExitCode.Unreachable, $"RabbitMQ at {ConnectionText.Describe(broker)} has not answered for {LongestTry.TotalSeconds:0} seconds.", e);
        }
    }

    /// <summary>For what MassTransit has no call for: declaring, counting and removing queues.</summary>
    internal static ConnectionFactory Factory(string broker)
    {
        if (!Uri.TryCreate(broker, UriKind.Absolute, out var uri) || uri.Scheme is not ("amqp" or "amqps"))
            throw new UserException("broker.uri must be amqp://user:password@host:port/vhost or amqps://...");
        return new ConnectionFactory { Uri = uri, AutomaticRecoveryEnabled = false };
    }
}
