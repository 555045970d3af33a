namespace Migration.Contracts.Migrations;

public sealed record BrokerSettings
{
    /// <summary><c>amqp://user:password@host:port/vhost</c> or <c>amqps://</c>. May hold a password; never printed.</summary>
    public required string Uri { get; init; }
}
