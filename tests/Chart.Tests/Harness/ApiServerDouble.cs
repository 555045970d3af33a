using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Migration.Chart.Tests.Harness;

/// <summary>
/// As much of an API server as Helm's <c>lookup</c> needs: one namespace with its default ServiceAccount, and Secrets.
/// It only answers what it is asked.
/// </summary>
internal sealed class ApiServerDouble : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly string _namespace;
    private readonly IReadOnlyDictionary<string, string[]> _secrets;
    private readonly Task _answering;
    private readonly string _folder = Directory.CreateTempSubdirectory("api-server-").FullName;

    /// <param name="secrets">The keys of each Secret, by its name.</param>
    public ApiServerDouble(string ofNamespace, IReadOnlyDictionary<string, string[]> secrets)
    {
        (_namespace, _secrets) = (ofNamespace, secrets);
        var address = $"http://127.0.0.1:{FreePort()}";
        _listener.Prefixes.Add(address + "/");
        _listener.Start();
        _answering = AnswerAsync();
        File.WriteAllText(KubeConfig, $$"""
            apiVersion: v1
            kind: Config
            clusters: [{ name: double, cluster: { server: "{{address}}" } }]
            users: [{ name: double, user: {} }]
            contexts: [{ name: double, context: { cluster: double, user: double } }]
            current-context: double
            """);
    }

    public string KubeConfig => Path.Combine(_folder, "kubeconfig");

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _answering;
        Directory.Delete(_folder, recursive: true);
    }

    private async Task AnswerAsync()
    {
        while (await NextAsync() is { } context)
        {
            var (status, body) = Answer(context.Request.Url!.AbsolutePath);
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/json";
            await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(body)));
            context.Response.Close();
        }
    }

    private async Task<HttpListenerContext?> NextAsync()
    {
        try
        {
            return await _listener.GetContextAsync();
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            return null;
        }
    }

    private (int Status, object Body) Answer(string path)
    {
        var inNamespace = $"/api/v1/namespaces/{_namespace}/";
        return path switch
        {
            "/version" => (200, new { major = "1", minor = "35", gitVersion = "v1.35.0" }),
            "/api" => (200, new { kind = "APIVersions", versions = new[] { "v1" } }),
            "/apis" => (200, new { kind = "APIGroupList", apiVersion = "v1", groups = Array.Empty<object>() }),
            "/api/v1" => (200, new { kind = "APIResourceList", apiVersion = "v1", groupVersion = "v1", resources = Resources() }),
            _ when path == inNamespace + "serviceaccounts/default" => (200, Object("ServiceAccount", "default", null)),
            _ when path.StartsWith(inNamespace + "secrets/", StringComparison.Ordinal) => SecretOf(path.Split('/')[^1]),
            _ => (404, NotFound()),
        };
    }

    private (int Status, object Body) SecretOf(string name) => _secrets.TryGetValue(name, out var keys)
        ? (200, Object("Secret", name, keys.ToDictionary(key => key, _ => "aHVudGVyMg==")))
        : (404, NotFound());

    private object Object(string kind, string name, object? data)
        => new { apiVersion = "v1", kind, metadata = new { name, @namespace = _namespace }, data };

    private static object NotFound() => new { apiVersion = "v1", kind = "Status", status = "Failure", reason = "NotFound", code = 404 };

    private static object[] Resources() =>
    [
        new { name = "secrets", kind = "Secret", namespaced = true, verbs = new[] { "get" } },
        new { name = "serviceaccounts", kind = "ServiceAccount", namespaced = true, verbs = new[] { "get" } },
    ];

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
