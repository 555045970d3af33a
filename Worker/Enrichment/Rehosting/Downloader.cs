using System.Collections.Concurrent;
using System.Globalization;
using Migration.Contracts.Migrations;
using Migration.Worker.Enrichment.Calls;

namespace Migration.Worker.Enrichment.Rehosting;

/// <summary>Fetches what links lead to, within limits of size and time, past no guard.</summary>
internal sealed class Downloader : IDisposable
{
    private const int MostRedirects = 5;

    /// <summary>Of which what they share is remembered. Links may name any number of hosts.</summary>
    private const int MostHosts = 2000;

    private readonly RehostStep _step;
    private readonly EnrichmentServices _services;
    private readonly ConcurrentDictionary<string, CalledHost> _hosts = new(StringComparer.OrdinalIgnoreCase);
    private readonly HttpClient _client;

    public Downloader(RehostStep step, EnrichmentServices services)
    {
        (_step, _services) = (step, services);
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            // A proxy would connect in the guard's place.
            UseProxy = false,
            ConnectCallback = new AddressGuard(step.Allow).ConnectAsync,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            ActivityHeadersPropagator = null,
        })
        { Timeout = Timeout.InfiniteTimeSpan };
        _client.DefaultRequestHeaders.UserAgent.ParseAdd("migration-worker");
    }

    /// <returns>The content, or why there is none, without a full stop.</returns>
    public async Task<(Content? Content, HttpAnswer Answer)> FetchAsync(Uri link, CancellationToken cancellationToken)
    {
        Content? content = null;
        var answer = HttpAnswer.None("");
        for (var redirects = 0; redirects <= MostRedirects; redirects++)
        {
            Uri? next = null;
            answer = await HostOf(link).CallAsync(
                async token =>
                {
                    (content, next, var tried) = await TryAsync(link, token);
                    return tried;
                },
                cancellationToken);
            if (next is null)
                return (content, answer);
            link = next;
        }

        return (null, answer with { Problem = $"more than {MostRedirects} redirects" });
    }

    public void Dispose()
    {
        _client.Dispose();
        foreach (var host in _hosts.Values)
            host.Dispose();
    }

    private CalledHost HostOf(Uri link)
    {
        var name = link.GetLeftPart(UriPartial.Authority);
        if (_hosts.Count >= MostHosts && !_hosts.ContainsKey(name))
            _hosts.Clear();
        return _hosts.GetOrAdd(name, host => new CalledHost(host, _step.Calls, _services.Time, _services.Logger, waitsForStrangers: false));
    }

    private async Task<(Content? Content, Uri? Next, HttpAnswer Answer)> TryAsync(Uri link, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _client.GetAsync(link, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            var status = (int)response.StatusCode;
            if (status is 301 or 302 or 303 or 307 or 308)
                return Redirect(link, response.Headers.Location, status);
            if (!response.IsSuccessStatusCode)
                return (null, null, new HttpAnswer(status, default, RetryAfter: HttpCaller.RetryAfter(response.Headers.RetryAfter)));
            return await ReadAsync(response, cancellationToken);
        }
        catch (Exception e) when (Forbidden(e) is { } forbidden)
        {
            return (null, null, new HttpAnswer(403, default, forbidden.Message));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return (null, null, HttpAnswer.None($"no answer ({HttpCaller.Innermost(e)})"));
        }
    }

    private async Task<(Content? Content, Uri? Next, HttpAnswer Answer)> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var (status, tooLarge) = ((int)response.StatusCode, string.Create(CultureInfo.InvariantCulture, $"a content of more than {_step.MaxBytes} bytes (maxBytes)"));
        if (response.Content.Headers.ContentLength > _step.MaxBytes)
            return (null, null, new HttpAnswer(status, default, tooLarge));
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var content = await Content.ReadAsync(stream, _step.MaxBytes, cancellationToken);
        if (content is null)
            return (null, null, new HttpAnswer(status, default, tooLarge));
        if (content.Length > 0 && MediaTypes.IsAmong(content.MediaType, _step.Types))
            return (content, null, new HttpAnswer(status, default));
        var found = content.Length == 0 ? "nothing" : content.MediaType;
        await content.DisposeAsync();
        return (null, null, new HttpAnswer(status, default, $"a content that is {found}; expected {string.Join(", ", _step.Types)} (types)"));
    }

    private static (Content? Content, Uri? Next, HttpAnswer Answer) Redirect(Uri from, Uri? location, int status)
    {
        if (location is null || !Uri.TryCreate(from, location, out var next) || next.Scheme is not ("http" or "https"))
            return (null, null, new HttpAnswer(status, default, $"status {status} to no http:// or https:// address"));

        // As an answer that is no failure of this host.
        return (null, next, new HttpAnswer(200, default));
    }

    private static ForbiddenAddressException? Forbidden(Exception? exception)
        => exception is null ? null : exception as ForbiddenAddressException ?? Forbidden(exception.InnerException);
}
