using System.Net;
using System.Net.Sockets;

namespace Migration.EndToEnd.Tests.Harness;

/// <summary>Looks at a program's HTTP endpoints as the kubelet does.</summary>
internal sealed class Probe : IDisposable
{
    private readonly HttpClient _client;

    public Probe()
    {
        Port = FreePort();
        _client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{Port}"), Timeout = TimeSpan.FromSeconds(10) };
    }

    public int Port { get; }

    public string[] Option => ["--http-port", $"{Port}"];

    /// <summary>Null where nobody listens.</summary>
    public async Task<(HttpStatusCode Status, string Body)?> LookAsync(string path, CancellationToken cancellation)
    {
        try
        {
            using var answer = await _client.GetAsync(new Uri(path, UriKind.Relative), cancellation);
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync(cancellation));
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    public Task AnswersAsync(string path, HttpStatusCode status, string body, CancellationToken cancellation, TimeSpan? patience = null)
        => Until.TrueAsync(
            $"{path} answers {status} with '{body}'",
            async () => await LookAsync(path, cancellation) is { } answer && answer.Status == status
                && answer.Body.Contains(body, StringComparison.Ordinal),
            cancellation, patience);

    /// <summary>A sample of /metrics; null when there is none.</summary>
    public async Task<double?> MetricAsync(string series, CancellationToken cancellation)
    {
        var text = (await LookAsync("/metrics", cancellation))?.Body ?? "";
        var line = text.Split('\n').FirstOrDefault(l => l.StartsWith(series + " ", StringComparison.Ordinal));
        return line is null ? null : double.Parse(line[(series.Length + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }

    public void Dispose() => _client.Dispose();

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
