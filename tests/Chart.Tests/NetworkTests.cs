using Migration.Chart.Tests.Harness;
using YamlDotNet.RepresentationModel;

namespace Migration.Chart.Tests;

/// <summary>Who finds whom: selectors, ports and policies.</summary>
public sealed class NetworkTests
{
    public static TheoryData<string> Cases => [.. ChartCase.Names];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Every_selector_selects_the_pods_of_one_component(string name)
    {
        var manifests = await ChartCase.ManifestsAsync(name);

        foreach (var (owner, selector) in Selectors(manifests))
        {
            var selected = manifests.Pods.Where(pod => selector.All(label => pod.Labels.GetValueOrDefault(label.Key) == label.Value));
            Assert.Equal([ComponentOf(owner)], selected.Select(pod => pod.Component).Distinct());
        }
    }

    [Fact]
    public async Task The_service_leads_to_the_coordinator_s_http_port()
    {
        var service = (await ChartCase.ManifestsAsync("shop")).One("Service");

        var port = Assert.Single(service.List("spec", "ports"));
        Assert.Equal(("http", "http"), (port.Text("name"), port.Text("targetPort")));
        Assert.Equal("coordinator", service.Map("spec", "selector")["app.kubernetes.io/component"]);
    }

    [Fact]
    public async Task The_ingress_leads_to_the_service()
    {
        var manifests = await ChartCase.ManifestsAsync("everything");

        var path = Assert.Single(Assert.Single(manifests.One("Ingress").List("spec", "rules")).Sequence("http", "paths"));
        Assert.Equal(manifests.One("Service").Name, path.Text("backend", "service", "name"));
        Assert.Equal("http", path.Text("backend", "service", "port", "name"));
    }

    [Fact]
    public async Task The_monitors_scrape_metrics_of_workers_and_of_the_coordinator()
    {
        var manifests = await ChartCase.ManifestsAsync("everything");
        var workers = Assert.Single(manifests.One("PodMonitor").List("spec", "podMetricsEndpoints"));
        var coordinator = Assert.Single(manifests.One("ServiceMonitor").List("spec", "endpoints"));

        Assert.All([workers, coordinator], endpoint => Assert.Equal(("http", "/metrics"), (endpoint.Text("port"), endpoint.Text("path"))));
        Assert.Equal("prometheus", manifests.One("PodMonitor").Map("metadata", "labels")["release"]);
        Assert.Equal(
            manifests.One("Service").Map("metadata", "labels")["app.kubernetes.io/component"],
            manifests.One("ServiceMonitor").Map("spec", "selector", "matchLabels")["app.kubernetes.io/component"]);
    }

    /// <summary>DNS; broker, target and source; the API server for the coordinator alone.</summary>
    [Fact]
    public async Task A_locked_in_run_reaches_what_it_needs()
    {
        var manifests = await ChartCase.ManifestsAsync("existing");

        Assert.Equal(
            ["53/UDP 53/TCP", "5671/TCP 5672/TCP", "5432/TCP", "27017/TCP", "443/TCP 6443/TCP"],
            Egress(manifests.One("NetworkPolicy", "-coordinator")));
        Assert.Equal(
            ["53/UDP 53/TCP", "5671/TCP 5672/TCP", "5432/TCP", "27017/TCP"],
            Egress(manifests.One("NetworkPolicy", "-worker")));
    }

    [Theory]
    [InlineData("external", "-coordinator")]
    [InlineData("keda", "-coordinator")]
    public async Task A_coordinator_that_does_not_scale_does_not_reach_the_API_server(string name, string policy)
        => Assert.DoesNotContain(
            "443/TCP 6443/TCP", Egress((await ChartCase.ManifestsAsync(name, "--set", "networkPolicy.enabled=true")).One("NetworkPolicy", policy)));

    [Theory]
    [InlineData("static-indexed")]
    [InlineData("static-jobs")]
    public async Task Static_slices_reach_no_broker_and_are_reached_by_nobody(string name)
    {
        var policy = (await ChartCase.ManifestsAsync(name, "--set", "networkPolicy.enabled=true")).One("NetworkPolicy");

        Assert.Equal(["53/UDP 53/TCP", "5432/TCP", "27017/TCP"], Egress(policy));
        Assert.Empty(policy.List("spec", "ingress"));
    }

    [Fact]
    public async Task Peers_and_further_rules_narrow_and_widen_a_policy()
    {
        var policy = (await ChartCase.ManifestsAsync("everything")).One("NetworkPolicy", "-worker");

        Assert.Equal(["53/UDP 53/TCP", "5671/TCP", "5432/TCP", "27017/TCP", "443/TCP"], Egress(policy));
        Assert.Equal("rabbitmq", policy.List("spec", "egress")[1].Sequence("to").Single().Text("podSelector", "matchLabels", "app.kubernetes.io/name"));
        Assert.Single(Assert.Single(policy.List("spec", "ingress")).Sequence("from"));
    }

    /// <summary>Kubernetes takes nothing else for pods of a Job: they have no scale to take a share of.</summary>
    [Fact]
    public async Task A_budget_counts_pods()
    {
        var budgets = (await ChartCase.ManifestsAsync("everything")).Of("PodDisruptionBudget").ToList();

        Assert.Equal(2, budgets.Count);
        Assert.All(budgets, budget => Assert.Matches("^[0-9]+$", budget.Text("spec", "minAvailable")));
        Assert.All(budgets, budget => Assert.Null(budget.Text("spec", "maxUnavailable")));
    }

    private static IEnumerable<(Manifest Owner, IReadOnlyDictionary<string, string> Selector)> Selectors(Manifests manifests)
        => from each in manifests.Objects
           let selector = each.Kind switch
           {
               "Service" => each.Map("spec", "selector"),
               "NetworkPolicy" => each.Map("spec", "podSelector", "matchLabels"),
               "Deployment" or "PodDisruptionBudget" or "PodMonitor" => each.Map("spec", "selector", "matchLabels"),
               _ => null,
           }
           where selector is not null
           select (each, selector);

    private static string ComponentOf(Manifest owner) => owner.Map("metadata", "labels")["app.kubernetes.io/component"];

    private static IEnumerable<string> Egress(Manifest policy) => policy.List("spec", "egress").Cast<YamlMappingNode>()
        .Select(rule => string.Join(' ', rule.Sequence("ports").Select(port => $"{port.Text("port")}/{port.Text("protocol")}")));
}
