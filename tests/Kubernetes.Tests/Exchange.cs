using System.Text;
using System.Text.Json.Nodes;

namespace Migration.Kubernetes.Tests;

/// <summary>A request that a real API server was asked, and its answer.</summary>
internal sealed record Exchange(string Method, string Path, string? ContentType, JsonNode? Body, int Status, JsonNode Answer)
{
    public static Exchange Read(string name)
    {
        var file = Directory.GetFiles(System.IO.Path.Combine(AppContext.BaseDirectory, "Exchanges"), $"{name}.json").Single();
        var whole = JsonNode.Parse(File.ReadAllText(file))!;
        var (request, response) = (whole["request"]!, whole["response"]!);
        return new Exchange(
            (string)request["method"]!, (string)request["path"]!, (string?)request["contentType"], request["body"],
            (int)response["status"]!, response["body"]!);
    }

    /// <summary>Asks the stand-in the same.</summary>
    /// <param name="rename">Parts of the path that are different here, such as a pod's random ending.</param>
    public async Task<(int Status, JsonNode Answer)> AskAsync(Uri address, string? token = null, params (string There, string Here)[] rename)
    {
        using var client = new HttpClient { BaseAddress = address };
        using var request = new HttpRequestMessage(new HttpMethod(Method), rename.Aggregate(Path, (path, name) => path.Replace(name.There, name.Here, StringComparison.Ordinal)));
        if (token is not null)
            request.Headers.Authorization = new("Bearer", token);
        if (Body is not null)
            request.Content = new StringContent(Body.ToJsonString(), Encoding.UTF8, ContentType!);
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, JsonNode.Parse(text)!);
    }
}
