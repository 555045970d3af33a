using Migration.Chart.Tests.Harness;
using Migration.Chart.Tests.Validation;

namespace Migration.Chart.Tests;

/// <summary>Every install case under the chart's ci/, with both helms.</summary>
public sealed class RenderingTests
{
    public static TheoryData<string> Cases => [.. ChartCase.Names];

    public static TheoryData<string, string> CasesAndTools =>
        new(ChartCase.Names.SelectMany(name => KubernetesTools.All.Select(tools => (name, tools.Generation))));

    [Theory]
    [MemberData(nameof(CasesAndTools))]
    public async Task A_case_passes_lint(string name, string generation)
        => (await new KubernetesTools(generation).HelmAsync(
            "lint", "--strict", "--namespace", ChartCase.Namespace, "--values", ChartCase.Values(name), ChartCase.Chart)).Good();

    [Theory]
    [MemberData(nameof(CasesAndTools))]
    public async Task A_case_renders_as_it_did(string name, string generation)
        => Golden.Check(
            await ChartCase.TextAsync(new KubernetesTools(generation), name), "tests", "Chart.Tests", "Golden", $"{name}.yaml");

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Every_object_of_a_case_is_one_that_an_API_server_takes(string name)
    {
        var manifests = await ChartCase.ManifestsAsync(name);

        Assert.Empty(manifests.WithWorkerJob.SelectMany(ObjectTypes.Mistakes));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Every_object_of_a_case_says_what_it_belongs_to(string name)
    {
        var manifests = await ChartCase.ManifestsAsync(name);

        string[] ofTheCluster = ["Namespace", "PriorityClass", "ClusterRole", "ClusterRoleBinding"];
        Assert.All(manifests.WithWorkerJob, each =>
            Assert.Equal(ofTheCluster.Contains(each.Kind) ? null : ChartCase.Namespace, each.Text("metadata", "namespace")));
        Assert.All(manifests.WithWorkerJob.Where(each => each.Kind != "Namespace"), each =>
            Assert.Equal(ChartCase.Release, each.Map("metadata", "labels")["app.kubernetes.io/instance"]));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task No_two_objects_of_a_case_are_the_same(string name)
    {
        var manifests = await ChartCase.ManifestsAsync(name);

        Assert.Distinct(manifests.Objects.Select(each => $"{each.Kind} {each.Name}"));
    }

    [Fact]
    public async Task Names_that_look_like_numbers_stay_names()
    {
        foreach (var name in ChartCase.Names)
        {
            var manifests = await ChartCase.ManifestsAsync(name, "1e3", "--namespace", "007");
            Assert.Empty(manifests.WithWorkerJob.SelectMany(ObjectTypes.Mistakes));
        }
    }
}
