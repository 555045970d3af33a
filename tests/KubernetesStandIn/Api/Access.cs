using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Api;

/// <summary>
/// Who may do what. Without a token, or with <see cref="DefaultToken"/>, one is the administrator; a user that a test adds is known by the bearer token and may do
/// what its rules say. Rules may be changed while the cluster runs.
/// </summary>
public sealed class Access
{
    /// <summary>As good as none, for clients that must have one.</summary>
    public const string DefaultToken = "administrator";

    private readonly Dictionary<string, (string Name, AccessRule[] Rules)> _users = [];

    /// <summary>The rights of whoever comes without a token.</summary>
    public IReadOnlyList<AccessRule> Default { get; set; } = [AccessRule.Everything];

    /// <summary>How messages name whoever comes without a token.</summary>
    public string DefaultUser { get; set; } = "kubernetes-admin";

    /// <param name="name">Such as <c>system:serviceaccount:ns:name</c>.</param>
    public void AddUser(string token, string name, params AccessRule[] rules)
    {
        lock (_users)
            _users[token] = (name, rules);
    }

    internal bool IsKnown(string? token)
    {
        lock (_users)
            return token is null or DefaultToken || _users.ContainsKey(token);
    }

    internal bool Allows(string? token, string verb, string group, string resource, string? @namespace) =>
        UserOf(token).Rules.Any(rule => rule.Allows(verb, group, resource, @namespace));

    internal void Check(string? token, ApiCall call)
    {
        // Everybody may ask what they may do.
        if (call.Type == ResourceTypes.AccessReviews || Allows(token, call.Verb, call.Type.Group, call.Resource, call.Namespace))
            return;
        var where = call.Namespace is null ? "at the cluster scope" : $"in the namespace \"{call.Namespace}\"";
        throw ApiError.Forbidden(
            call.Type, call.Name,
            $"User \"{UserOf(token).Name}\" cannot {call.Verb} resource \"{call.Resource}\" in API group \"{call.Type.Group}\" {where}");
    }

    internal JsonObject Review(string? token, JsonObject review)
    {
        var asked = review.Part("spec", "resourceAttributes");
        var resource = asked.Text("subresource") is { Length: > 0 } part ? $"{asked.Text("resource")}/{part}" : asked.Text("resource") ?? "";
        var @namespace = asked.Text("namespace") is { Length: > 0 } inside ? inside : null;
        return new JsonObject
        {
            ["kind"] = "SelfSubjectAccessReview",
            ["apiVersion"] = "authorization.k8s.io/v1",
            ["metadata"] = new JsonObject(),
            ["spec"] = review["spec"]?.DeepClone(),
            ["status"] = new JsonObject { ["allowed"] = Allows(token, asked.Text("verb") ?? "", asked.Text("group") ?? "", resource, @namespace) },
        };
    }

    private (string Name, IReadOnlyList<AccessRule> Rules) UserOf(string? token)
    {
        lock (_users)
            return token is not null && _users.TryGetValue(token, out var user) ? user : (DefaultUser, Default);
    }
}
