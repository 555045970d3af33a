using System.Collections.Concurrent;

namespace Migration.KubernetesStandIn.Api;

/// <param name="Verb">As access rules name it; the HTTP method where the path is no resource.</param>
/// <param name="Resource">With its subresource, such as <c>pods/log</c>; empty where the path is no resource.</param>
/// <param name="Status">0: the connection was cut before an answer.</param>
public sealed record LoggedRequest(
    DateTimeOffset When, string Verb, string Resource, string? Namespace, string? Name, string Path, string Body, int Status)
{
    public bool IsWrite => Verb is "create" or "update" or "patch" or "delete" or "deletecollection";
}

/// <summary>Every request that came, in the cluster's time and in the order of the answers, so that tests can count them. A watch is there when it begins.</summary>
public sealed class RequestLog
{
    private readonly ConcurrentQueue<LoggedRequest> _requests = new();

    public IReadOnlyList<LoggedRequest> All => [.. _requests];

    /// <summary>Reviews of one's own rights are no writes.</summary>
    public IReadOnlyList<LoggedRequest> Writes => [.. _requests.Where(request => request.IsWrite && request.Resource != "selfsubjectaccessreviews")];

    public int Count(string verb, string resource) => _requests.Count(request => request.Verb == verb && request.Resource == resource);

    public void Clear() => _requests.Clear();

    internal void Add(LoggedRequest request) => _requests.Enqueue(request);
}
