using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Migration.DocumentDbGateway.Commands;
using Migration.DocumentDbGateway.Cursors;
using Migration.DocumentDbGateway.Engine;

namespace Migration.DocumentDbGateway;

/// <summary>
/// Accepts MongoDB clients on loopback. Every command becomes one call of a function of the engine; nothing is
/// decided about queries here.
/// </summary>
internal sealed class GatewayServer(GatewayOptions options, EngineClient engine) : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, options.Port);
    private readonly CursorStore cursors = new(options.MaxCursors, options.CursorIdle, TimeProvider.System);
    private readonly ConcurrentDictionary<int, Task> clients = new();

    /// <summary>Returns the port.</summary>
    public int Start()
    {
        listener.Start(512);
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var dispatcher = new CommandDispatcher(engine, cursors);
        var sweeping = cursors.SweepAsync(cancellationToken);
        try
        {
            for (var id = 1; ; id++)
            {
                var socket = await listener.AcceptSocketAsync(cancellationToken);
                clients[id] = ServeAsync(id, socket, dispatcher, cancellationToken);
            }
        }
        finally
        {
            await Task.WhenAll(clients.Values);
            await sweeping;
        }
    }

    private async Task ServeAsync(int id, Socket socket, CommandDispatcher dispatcher, CancellationToken cancellationToken)
    {
        await Task.Yield();
        try
        {
            using var client = new ClientConnection(id, socket, dispatcher);
            await client.RunAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // The client has gone, or we are going: both are an ordinary end of a connection.
        }
        catch (Exception e)
        {
            // One client's fault (a message that is no message) must not end the others.
            await Console.Error.WriteLineAsync($"client {id}: {e}");
        }
        finally
        {
            await cursors.DropOwnedByAsync(id);
            clients.TryRemove(id, out _);
        }
    }

    public async ValueTask DisposeAsync()
    {
        listener.Dispose();
        await cursors.DisposeAsync();
    }
}
