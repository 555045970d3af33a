using k8s.Models;

namespace Migration.KubernetesStandIn.Storage;

/// <summary>The kinds of objects that there are.</summary>
internal static class ResourceTypes
{
    private const string SpecAndStatus = "\"spec\":{},\"status\":{}";

    public static readonly ResourceType Namespaces = Core("namespaces", "Namespace", typeof(V1Namespace), SpecAndStatus) with { Namespaced = false };
    public static readonly ResourceType Nodes = Core("nodes", "Node", typeof(V1Node), SpecAndStatus) with { Namespaced = false };
    public static readonly ResourceType Pods =
        Core("pods", "Pod", typeof(V1Pod), "\"spec\":{\"containers\":null},\"status\":{}") with { CountsGenerations = true };
    public static readonly ResourceType Events = Core("events", "Event", typeof(Corev1Event), "\"involvedObject\":{},\"source\":{}");
    public static readonly ResourceType Quotas = Core("resourcequotas", "ResourceQuota", typeof(V1ResourceQuota), SpecAndStatus);
    public static readonly ResourceType LimitRanges = Core("limitranges", "LimitRange", typeof(V1LimitRange), "\"spec\":{\"limits\":null}");
    public static readonly ResourceType Secrets = Core("secrets", "Secret", typeof(V1Secret), "\"data\":null");
    public static readonly ResourceType ConfigMaps = Core("configmaps", "ConfigMap", typeof(V1ConfigMap), "\"data\":null");
    public static readonly ResourceType ServiceAccounts = Core("serviceaccounts", "ServiceAccount", typeof(V1ServiceAccount), "\"secrets\":null");
    public static readonly ResourceType Services = Core("services", "Service", typeof(V1Service), SpecAndStatus);
    public static readonly ResourceType Jobs = Grouped("batch", "jobs", "Job", typeof(V1Job)) with
    {
        Emptiness = "\"spec\":{\"template\":{\"metadata\":{},\"spec\":{\"containers\":null}}},\"status\":{}",
    };

    public static readonly ResourceType ReplicaSets = Grouped("apps", "replicasets", "ReplicaSet", typeof(V1ReplicaSet));
    public static readonly ResourceType Deployments = Grouped("apps", "deployments", "Deployment", typeof(V1Deployment));
    public static readonly ResourceType PriorityClasses =
        Grouped("scheduling.k8s.io", "priorityclasses", "PriorityClass", typeof(V1PriorityClass)) with
        { Namespaced = false, Emptiness = "\"value\":0" };

    // Kept, and nothing more: no controller acts on them, and no right follows from them.
    public static readonly ResourceType Roles = Grouped("rbac.authorization.k8s.io", "roles", "Role", typeof(V1Role)) with { Emptiness = "\"rules\":null" };
    public static readonly ResourceType RoleBindings =
        Grouped("rbac.authorization.k8s.io", "rolebindings", "RoleBinding", typeof(V1RoleBinding)) with { Emptiness = "\"roleRef\":{}" };
    public static readonly ResourceType NetworkPolicies =
        Grouped("networking.k8s.io", "networkpolicies", "NetworkPolicy", typeof(V1NetworkPolicy)) with { Emptiness = "\"spec\":{}" };
    public static readonly ResourceType Ingresses = Grouped("networking.k8s.io", "ingresses", "Ingress", typeof(V1Ingress));
    public static readonly ResourceType DisruptionBudgets =
        Grouped("policy", "poddisruptionbudgets", "PodDisruptionBudget", typeof(V1PodDisruptionBudget));

    public static readonly ResourceType AccessReviews =
        Grouped("authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview", typeof(V1SelfSubjectAccessReview)) with
        { Namespaced = false };

    public static readonly ResourceType Evictions = Grouped("policy", "evictions", "Eviction", typeof(V1Eviction));

    /// <summary>Those that are kept; a review or an eviction is only asked for.</summary>
    public static IReadOnlyList<ResourceType> Stored { get; } =
    [
        Namespaces, Nodes, Pods, Events, Quotas, LimitRanges, Secrets, ConfigMaps, ServiceAccounts, Services, Jobs,
        ReplicaSets, Deployments, PriorityClasses, Roles, RoleBindings, NetworkPolicies, Ingresses, DisruptionBudgets,
    ];

    public static ResourceType? Find(string group, string version, string plural) =>
        Stored.Append(AccessReviews).FirstOrDefault(type => type.Group == group && type.Version == version && type.Plural == plural);

    private static ResourceType Core(string plural, string kind, Type model, string emptiness) =>
        new("", "v1", plural, kind, true, model, false, emptiness);

    private static ResourceType Grouped(string group, string plural, string kind, Type model) =>
        new(group, "v1", plural, kind, true, model, true, SpecAndStatus);
}
