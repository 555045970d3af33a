using System.Net;
using System.Net.Http.Headers;

namespace Migration.Worker.Enrichment.Calls;

/// <summary>Makes calls to one service that the migration file names. Follows no redirect: where calls go is the user's word.</summary>
internal sealed class HttpCaller : IDisposable
{
    /// <summary>An answer is kept in memory, and as many at a time as there are records in flight.</summary>
    private const int MostBytes = 16 * 1024 * 1024;

    private readonly CalledHost _host;
    private readonly FirstCalls _first;
    private readonly HttpClient _client = new(
        new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.All,
            // So that a service that moves to another address is followed.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ActivityHeadersPropagator = null,
        })
    { Timeout = Timeout.InfiniteTimeSpan };

    public HttpCaller(CalledHost host, FirstCalls first) => (_host, _first) = (host, first);

    /// <summary>Scheme, host and port.</summary>
    public string Host => _host.Name;

    /// <param name="request">Makes the request anew for each try.</param>
    /// <exception cref="UserException">The service cannot be used at all.</exception>
    public Task<HttpAnswer> CallAsync(Func<HttpRequestMessage> request, CancellationToken cancellationToken)
        => _host.CallAsync(token => TryAsync(request, token, cancellationToken), cancellationToken);

    public void Dispose()
    {
        _client.Dispose();
        _host.Dispose();
    }

    private async Task<HttpAnswer> TryAsync(Func<HttpRequestMessage> request, CancellationToken withinTime, CancellationToken cancellationToken)
    {
        HttpAnswer answer;
        try
        {
            answer = await SendAsync(request, withinTime);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            _first.Failed("no answer in time", mayPass: true);
            throw;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            answer = HttpAnswer.None($"no answer ({Innermost(e)})");
        }

        if (answer.IsTransient || answer.IsRefusal)
            _first.Failed(answer.ToString(), answer.IsTransient);
        else if (!answer.IsBusy)
            _first.Answered();
        return answer;
    }

    private async Task<HttpAnswer> SendAsync(Func<HttpRequestMessage> make, CancellationToken cancellationToken)
    {
        using var request = make();
        using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        var retryAfter = RetryAfter(response.Headers.RetryAfter);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var body = await ReadAsync(stream, cancellationToken);
        return new HttpAnswer((int)response.StatusCode, body, body is null ? $"an answer of more than {MostBytes} bytes" : null, retryAfter);
    }

    /// <summary>Null when there is too much.</summary>
    private static async Task<byte[]?> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (await stream.ReadAsync(buffer, cancellationToken) is var read and > 0)
        {
            if (body.Length + read > MostBytes)
                return null;
            body.Write(buffer, 0, read);
        }

        return body.ToArray();
    }

    /// <summary>Seconds, or the date from which on it may be asked again.</summary>
    internal static TimeSpan? RetryAfter(RetryConditionHeaderValue? header)
    {
        var asked = header switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - DateTimeOffset.UtcNow,
            _ => (TimeSpan?)null,
        };
        return asked is { } wait && wait < TimeSpan.Zero ? TimeSpan.Zero : asked;
    }

    internal static string Innermost(Exception exception)
    {
        while (exception.InnerException is { } inner)
            exception = inner;
        return TransientRetry.FirstLine(exception);
    }
}
