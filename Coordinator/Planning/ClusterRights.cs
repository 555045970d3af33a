using k8s;
using k8s.Models;

namespace Migration.Coordinator.Planning;

/// <summary>What the coordinator must be allowed in its namespace, and whether it is.</summary>
internal static class ClusterRights
{
    private static readonly (string Group, string Resource, string[] Verbs)[] Needed =
    [
        ("batch", "jobs", ["get", "list", "watch", "create", "patch", "delete"]),
        ("", "pods", ["get", "list", "watch"]),
        ("", "events", ["get", "list", "watch"]),
    ];

    /// <summary>A sentence for each resource on which rights are missing, with the rule to grant.</summary>
    public static async Task<IReadOnlyList<string>> FindMissingAsync(
        IKubernetes api, string @namespace, CancellationToken cancellationToken)
    {
        var sentences = new List<string>();
        foreach (var (group, resource, verbs) in Needed)
        {
            var missing = new List<string>();
            foreach (var verb in verbs)
            {
                if (!await IsAllowedAsync(api, @namespace, group, resource, verb, cancellationToken))
                    missing.Add(verb);
            }

            if (missing.Count > 0)
                sentences.Add(Sentence(@namespace, group, resource, missing));
        }

        return sentences;
    }

    private static async Task<bool> IsAllowedAsync(
        IKubernetes api, string @namespace, string group, string resource, string verb, CancellationToken cancellationToken)
    {
        var review = new V1SelfSubjectAccessReview
        {
            Spec = new V1SelfSubjectAccessReviewSpec
            {
                ResourceAttributes = new V1ResourceAttributes { NamespaceProperty = @namespace, Group = group, Resource = resource, Verb = verb },
            },
        };
        var answer = await api.AuthorizationV1.CreateSelfSubjectAccessReviewAsync(review, cancellationToken: cancellationToken);
        return answer.Status.Allowed;
    }

    private static string Sentence(string @namespace, string group, string resource, List<string> missing) =>
        $"you may not {string.Join(", ", missing)} {resource} in namespace '{@namespace}'. Grant it in a Role there: "
        + $"{{apiGroups: [\"{group}\"], resources: [{resource}], verbs: [{string.Join(", ", missing)}]}}.";
}
