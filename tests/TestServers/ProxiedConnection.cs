using System.Net.Sockets;

namespace Migration.TestServers;

/// <summary>A client's connection and the one that was made to the server for it.</summary>
internal sealed class ProxiedConnection(TcpClient client, Func<TimeSpan> delay) : IDisposable
{
    private readonly TcpClient _server = new();
    private readonly TaskCompletionSource _reset = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isDeaf;

    /// <summary>Nothing more is carried; whoever closes his end is not heard either.</summary>
    public bool IsDeaf
    {
        get => _isDeaf;
        set => _isDeaf = value;
    }

    /// <summary>Returns when one end has closed, when it is reset, or at the end of all.</summary>
    public async Task CarryAsync(string host, int port, CancellationToken end)
    {
        client.NoDelay = _server.NoDelay = true;
        try
        {
            await _server.ConnectAsync(host, port, end);
            await Task.WhenAny(CopyAsync(client, _server, end), CopyAsync(_server, client, end), _reset.Task);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
        {
            // The server is not there, or it was cut, which is what this is for.
        }

        if (_reset.Task.IsCompleted)
            client.LingerState = _server.LingerState = new LingerOption(true, 0);
    }

    public void Reset() => _reset.TrySetResult();

    public void Dispose()
    {
        client.Dispose();
        _server.Dispose();
    }

    private async Task CopyAsync(TcpClient from, TcpClient to, CancellationToken end)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.GetStream().ReadAsync(buffer, end) is > 0 and var count)
            {
                if (delay() is { Ticks: > 0 } pause)
                    await Task.Delay(pause, end);
                if (IsDeaf)
                    break;
                await to.GetStream().WriteAsync(buffer.AsMemory(0, count), end);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // One end is gone; the other follows.
        }

        // But whoever gives up on a half-open connection and closes it is not heard by the other.
        if (IsDeaf)
            await _reset.Task;
    }
}
