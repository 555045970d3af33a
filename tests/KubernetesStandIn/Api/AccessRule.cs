namespace Migration.KubernetesStandIn.Api;

/// <summary>One rule of a Role: <c>*</c> stands for all.</summary>
/// <param name="Namespace">Null: in all namespaces and for what has none.</param>
public sealed record AccessRule(string Group, string[] Resources, string[] Verbs, string? Namespace = null)
{
    public static AccessRule Everything { get; } = new("*", ["*"], ["*"]);

    internal bool Allows(string verb, string group, string resource, string? @namespace) =>
        (Group == "*" || Group == group) && Has(Resources, resource) && Has(Verbs, verb) && (Namespace is null || Namespace == @namespace);

    private static bool Has(string[] list, string wanted) => list.Contains("*") || list.Contains(wanted);
}
