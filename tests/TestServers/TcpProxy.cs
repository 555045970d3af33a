using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Migration.TestServers;

/// <summary>
/// Stands between clients and a server on this machine. It cuts their connections, slows them down, or leaves them half
/// open, when told to.
/// </summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentDictionary<ProxiedConnection, bool> _open = new();
    private readonly string _host;
    private readonly int _port;
    private readonly Task _accepting;

    public TcpProxy(string host, int port)
    {
        (_host, _port) = (host, port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Connections that are carried now, those that are half open included.</summary>
    public int Connections => _open.Count;

    /// <summary>What every piece of data waits for before it is carried on; zero for no delay.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Both ends of every connection are told that it was reset.</summary>
    public void Cut()
    {
        foreach (var connection in _open.Keys)
            connection.Reset();
    }

    /// <summary>
    /// Nothing more is carried on the connections that are there, and neither end is told: as when a machine between them
    /// loses its memory. New connections are carried.
    /// </summary>
    public void LeaveHalfOpen()
    {
        foreach (var connection in _open.Keys)
            connection.IsDeaf = true;
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
        using var connection = new ProxiedConnection(client, () => Delay);
        _open[connection] = true;
        await connection.CarryAsync(_host, _port, _end.Token);
        _open.TryRemove(connection, out _);
    }
}
