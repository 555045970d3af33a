using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Migration.Worker.Tests.Sources;

/// <summary>Stands between a client and a server on this machine and cuts their connections when told to.</summary>
internal sealed class CuttableProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentDictionary<TcpClient, bool> _open = new();
    private readonly string _host;
    private readonly int _port;
    private readonly Task _accepting;

    public CuttableProxy(string host, int port)
    {
        (_host, _port) = (host, port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Cut()
    {
        foreach (var client in _open.Keys)
            client.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        Cut();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        var carried = new List<Task>();
        try
        {
            while (true)
                carried.Add(CarryAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(carried);
        }
    }

    private async Task CarryAsync(TcpClient client)
    {
        using var server = new TcpClient();
        _open[client] = _open[server] = true;
        try
        {
            await server.ConnectAsync(_host, _port, _end.Token);
            await Task.WhenAny(
                client.GetStream().CopyToAsync(server.GetStream(), _end.Token),
                server.GetStream().CopyToAsync(client.GetStream(), _end.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Cut, which is what this is for.
        }
        finally
        {
            client.Dispose();
            _open.TryRemove(client, out _);
            _open.TryRemove(server, out _);
        }
    }
}
