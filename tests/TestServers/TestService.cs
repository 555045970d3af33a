using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Migration.TestServers;

/// <summary>An HTTP server on this machine that answers as a test says, and counts.</summary>
public sealed class TestService : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly Func<HttpContext, Task> _answer;
    private int _underWay;
    private int _calls;

    private TestService(Func<HttpContext, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.Limits.MaxResponseBufferSize = 1024 * 1024);
        builder.Logging.ClearProviders();
        _answer = answer;
        _server = builder.Build();
        _server.Run(AnswerAsync);
    }

    public string Uri => _server.Urls.First();

    public int Calls => _calls;

    /// <summary>The most that were under way at a time.</summary>
    public int MostAtATime { get; private set; }

    /// <summary>Paths with their queries, in the order in which they came.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public static async Task<TestService> StartAsync(Func<HttpContext, Task> answer, CancellationToken cancellationToken = default)
    {
        var service = new TestService(answer);
        await service._server.StartAsync(cancellationToken);
        return service;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _server.StopAsync(now.Token);
        await _server.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _calls);
        Asked.Enqueue(context.Request.Path + context.Request.QueryString);
        lock (Asked)
            MostAtATime = Math.Max(MostAtATime, ++_underWay);
        try
        {
            await _answer(context);
        }
        catch (OperationCanceledException)
        {
            // The caller has gone.
        }
        finally
        {
            lock (Asked)
                _underWay--;
        }
    }
}
