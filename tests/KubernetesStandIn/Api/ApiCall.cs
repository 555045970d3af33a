using Microsoft.AspNetCore.Http;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Api;

/// <summary>A request, read: what it is about and what is to be done.</summary>
/// <param name="Verb">As access rules name it: <c>get</c>, <c>list</c>, <c>watch</c>, <c>create</c>, <c>update</c>, <c>patch</c>, <c>delete</c>, <c>deletecollection</c>.</param>
/// <param name="Namespace">Null: cluster-wide, or in all namespaces.</param>
/// <param name="Name">Null: the collection.</param>
internal sealed record ApiCall(
    string Verb, ResourceType Type, string? Namespace, string? Name, string? Subresource, IQueryCollection Query)
{
    public string Resource => Subresource is null ? Type.Plural : $"{Type.Plural}/{Subresource}";

    /// <summary>Null when the path leads to no resource.</summary>
    public static ApiCall? Read(string method, string path, IQueryCollection query)
    {
        var parts = path.Trim('/').Split('/');
        if (parts is ["api", "v1", _, ..])
            return Read(method, "", "v1", parts[2..], query);
        return parts is ["apis", _, _, _, ..] ? Read(method, parts[1], parts[2], parts[3..], query) : null;
    }

    private static ApiCall? Read(string method, string group, string version, string[] rest, IQueryCollection query)
    {
        string? @namespace = null;
        if (rest is ["namespaces", var inside, _, ..] && rest[2] is not ("status" or "finalize"))
            (@namespace, rest) = (inside, rest[2..]);
        if (rest.Length > 3 || ResourceTypes.Find(group, version, rest[0]) is not { } type)
            return null;
        var name = rest.Length > 1 ? Uri.UnescapeDataString(rest[1]) : null;
        return new ApiCall(VerbOf(method, name, query), type, @namespace, name, rest.Length > 2 ? rest[2] : null, query);
    }

    private static string VerbOf(string method, string? name, IQueryCollection query) => method switch
    {
        "GET" or "HEAD" when query["watch"] == "true" || query["watch"] == "1" => "watch",
        "GET" or "HEAD" => name is null ? "list" : "get",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => name is null ? "deletecollection" : "delete",
        _ => method.ToLowerInvariant(),
    };
}
