using Migration.Chart.Tests.Harness;

namespace Migration.Chart.Tests;

/// <summary>Names stay within what Kubernetes allows, however long the release's is.</summary>
public sealed class NameTests
{
    /// <summary>Helm allows 53 characters.</summary>
    private static readonly string Longest = new('a', 53);

    public static TheoryData<string> Cases => [.. ChartCase.Names];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_names_and_labels_of_a_long_release_fit(string name)
    {
        var manifests = await ChartCase.ManifestsAsync(name, Longest);

        Assert.All(manifests.WithWorkerJob.Where(each => each.Kind != "PriorityClass"), each =>
            Assert.True(each.Name.Length <= 63 || each.Kind.StartsWith("Cluster", StringComparison.Ordinal), each.ToString()));
        Assert.All(
            manifests.WithWorkerJob.SelectMany(each => each.Map("metadata", "labels")).Concat(manifests.Pods.SelectMany(pod => pod.Labels)),
            label => Assert.True(label.Value.Length <= 63, label.ToString()));
    }

    /// <summary>A pod of an Indexed Job has the Job's name and its index as its host name, and no more than 63 characters.</summary>
    [Theory]
    [InlineData("shop")]
    [InlineData("external", "--set", "worker.onTemplateChange=replace")]
    [InlineData("static-indexed")]
    public async Task The_ten_thousandth_pod_of_a_long_release_still_has_a_host_name(string name, params string[] more)
    {
        var manifests = await ChartCase.ManifestsAsync(name, [Longest, .. more]);

        var job = Assert.Single(manifests.WithWorkerJob, each => each.Text("spec", "completionMode") == "Indexed");
        Assert.True($"{job.Name}-9999".Length <= 63, job.Name);
    }

    [Fact]
    public async Task Two_long_releases_that_begin_alike_do_not_meet()
    {
        var first = await ChartCase.ManifestsAsync("shop", Longest);
        var second = await ChartCase.ManifestsAsync("shop", Longest[..^1] + "b");

        Assert.Empty(first.Objects.Select(each => each.Name).Intersect(second.Objects.Select(each => each.Name)));
    }

    [Fact]
    public async Task A_release_that_is_called_like_the_chart_does_not_say_it_twice()
        => Assert.Equal("migration-coordinator", (await ChartCase.ManifestsAsync("shop", "migration")).One("Deployment").Name);

    [Theory]
    [InlineData("nameOverride=mover", "shop-mover-coordinator")]
    [InlineData("fullnameOverride=mover", "mover-coordinator")]
    public async Task Names_can_be_replaced(string value, string expected)
        => Assert.Equal(expected, (await ChartCase.ManifestsAsync("shop", "--set", value)).One("Deployment").Name);
}
