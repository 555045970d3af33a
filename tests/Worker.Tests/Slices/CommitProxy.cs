using System.Net;
using System.Net.Sockets;

namespace Migration.Worker.Tests.Slices;

/// <summary>
/// Stands between Npgsql and PostgreSQL. When armed, it loses the answer to the next COMMIT: either the commit is carried
/// out and the client never hears of it, or it never arrives.
/// </summary>
internal sealed class CommitProxy : IAsyncDisposable
{
    // Npgsql's simple query: 'Q', the length, the text, a zero.
    private static readonly byte[] s_commit = [.. "Q"u8, 0, 0, 0, 11, .. "COMMIT"u8, 0];

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly string _host;
    private readonly int _port;
    private readonly Task _accepting;
    private Func<Task>? _beforeCut;
    private bool _forward;
    private int _passing;

    public CommitProxy(string host, int port)
    {
        (_host, _port) = (host, port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Answers that were lost.</summary>
    public int Lost { get; private set; }

    /// <param name="forward">Whether the commit reaches PostgreSQL.</param>
    /// <param name="beforeCut">Waits until PostgreSQL has carried it out; the client is cut off afterwards.</param>
    /// <param name="passing">Commits that pass before it.</param>
    public void LoseNextCommit(bool forward, Func<Task> beforeCut, int passing = 0) => (_forward, _beforeCut, _passing) = (forward, beforeCut, passing);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
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
        using var answers = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        try
        {
            await server.ConnectAsync(_host, _port, _end.Token);
            var back = CarryAnswersAsync(server, client, answers.Token);
            await CarryQueriesAsync(client, server, answers);
            client.Dispose();
            server.Dispose();
            await back;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
        {
            // One end is gone; the other follows.
        }
        finally
        {
            client.Dispose();
        }
    }

    private static async Task CarryAnswersAsync(TcpClient server, TcpClient client, CancellationToken cancellationToken)
    {
        try
        {
            await server.GetStream().CopyToAsync(client.GetStream(), cancellationToken);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The client must not hear any more.
        }
    }

    private async Task CarryQueriesAsync(TcpClient client, TcpClient server, CancellationTokenSource answers)
    {
        var buffer = new byte[64 * 1024];
        while (await client.GetStream().ReadAsync(buffer, _end.Token) is > 0 and var count)
        {
            if (_beforeCut is not { } beforeCut || buffer.AsSpan(0, count).IndexOf(s_commit) < 0 || _passing-- > 0)
            {
                await server.GetStream().WriteAsync(buffer.AsMemory(0, count), _end.Token);
                continue;
            }

            _beforeCut = null;
            Lost++;
            await answers.CancelAsync();
            if (_forward)
                await server.GetStream().WriteAsync(buffer.AsMemory(0, count), _end.Token);
            await beforeCut();
            return;
        }
    }
}
