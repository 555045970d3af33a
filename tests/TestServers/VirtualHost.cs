namespace Migration.TestServers;

public sealed class VirtualHost : IAsyncDisposable
{
    internal VirtualHost(string name, Uri uri)
    {
        Name = name;
        Uri = uri;
    }

    public string Name { get; }

    /// <summary>amqp://.../name, with the password.</summary>
    public Uri Uri { get; }

    public async ValueTask DisposeAsync() =>
        await RabbitMq.ControlAsync(CancellationToken.None, "delete_vhost", Name);
}
