using Migration.Chart.Tests.Harness;
using YamlDotNet.RepresentationModel;

namespace Migration.Chart.Tests;

/// <summary>The least that each pod needs, and nothing besides.</summary>
public sealed class RightsTests
{
    public static TheoryData<string> Cases => [.. ChartCase.Names];

    [Fact]
    public async Task The_coordinator_may_direct_Jobs_and_look_at_pods_and_events_of_its_namespace()
    {
        var manifests = await ChartCase.ManifestsAsync("shop");

        Assert.Equal(
            ["batch/jobs: get list watch create patch delete", "/pods: get list watch", "/events: get list watch"],
            Rules(manifests.One("Role")));
        Assert.DoesNotContain(manifests.Objects, each => each.Kind.StartsWith("Cluster", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_capacity_check_may_read_nodes_and_the_namespace_s_limits()
    {
        var manifests = await ChartCase.ManifestsAsync("everything");

        Assert.Equal(["/nodes: get list"], Rules(manifests.One("ClusterRole")));
        Assert.Equal(["/resourcequotas: get list", "/limitranges: get list"], Rules(manifests.One("Role", "-limits")));
    }

    [Fact]
    public async Task Every_binding_gives_a_role_of_the_chart_to_the_coordinator_alone()
    {
        var manifests = await ChartCase.ManifestsAsync("everything");
        var bindings = manifests.Objects.Where(each => each.Kind.EndsWith("RoleBinding", StringComparison.Ordinal)).ToList();

        Assert.Equal(3, bindings.Count);
        foreach (var binding in bindings)
        {
            Assert.Contains(manifests.Of(binding.Text("roleRef", "kind")!), role => role.Name == binding.Text("roleRef", "name"));
            var subject = Assert.Single(binding.List("subjects"));
            Assert.Equal((AccountOf(manifests, "coordinator"), ChartCase.Namespace), (subject.Text("name"), subject.Text("namespace")));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Only_a_coordinator_that_scales_has_a_token(string name)
    {
        var manifests = await ChartCase.ManifestsAsync(name);
        var scales = manifests.WorkerJob is not null;

        Assert.All(manifests.Of("ServiceAccount"), account => Assert.Equal("false", account.Text("automountServiceAccountToken")));
        Assert.All(manifests.Pods, pod => Assert.Equal(
            scales && pod.Component == "coordinator" ? "true" : "false", pod.Spec.Text("automountServiceAccountToken")));
    }

    [Theory]
    [InlineData("external")]
    [InlineData("keda")]
    [InlineData("static-jobs")]
    [InlineData("existing")]
    public async Task Nobody_gets_rights_who_needs_none_or_has_them(string name)
        => Assert.False((await ChartCase.ManifestsAsync(name)).Have("Role"));

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Every_ServiceAccount_that_a_pod_names_is_made_here_or_was_named_by_the_user(string name)
    {
        var manifests = await ChartCase.ManifestsAsync(name);
        var made = manifests.Of("ServiceAccount").Select(account => account.Name).Concat(["shop-director", "shop-mover"]);

        Assert.All(
            manifests.Pods.Where(pod => pod.Component != "test"), pod => Assert.Contains(pod.Spec.Text("serviceAccountName"), made));
    }

    /// <summary>What the Pod Security Standard "restricted" asks for.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Every_pod_may_run_in_a_restricted_namespace_and_writes_only_to_volumes(string name)
    {
        foreach (var pod in (await ChartCase.ManifestsAsync(name)).Pods)
        {
            Assert.Equal("true", pod.Spec.Text("securityContext", "runAsNonRoot"));
            Assert.Equal("10001", pod.Spec.Text("securityContext", "runAsUser"));
            Assert.Equal("RuntimeDefault", pod.Spec.Text("securityContext", "seccompProfile", "type"));
            Assert.Equal("false", pod.Container.Text("securityContext", "allowPrivilegeEscalation"));
            Assert.Equal("true", pod.Container.Text("securityContext", "readOnlyRootFilesystem"));
            Assert.Equal(["ALL"], pod.Container.Words("securityContext", "capabilities", "drop"));
            Assert.Contains(pod.Container.Sequence("volumeMounts"), mount => mount.Text("mountPath") == "/tmp");
        }
    }

    private static string AccountOf(Manifests manifests, string component)
        => manifests.Pods.First(pod => pod.Component == component).Spec.Text("serviceAccountName")!;

    private static IEnumerable<string> Rules(Manifest role) => role.List("rules").Cast<YamlMappingNode>().SelectMany(rule =>
        from api in rule.Words("apiGroups")
        from resource in rule.Words("resources")
        select $"{api}/{resource}: {string.Join(' ', rule.Words("verbs"))}");
}
