using Migration.Chart.Tests.Harness;

namespace Migration.Chart.Tests;

/// <summary>
/// With a cluster at hand, a Secret that is missing is said before anything is made. What is taken is shown with helm 3,
/// which stops there; helm 4 would go on to ask the server for the schemas of everything that was rendered.
/// </summary>
public sealed class MissingSecretTests
{
    private static readonly string[] Keys = ["source", "target", "broker"];

    public static TheoryData<string> Generations => [.. KubernetesTools.All.Select(tools => tools.Generation)];

    [Theory]
    [MemberData(nameof(Generations))]
    public async Task A_missing_Secret_is_named(string generation)
        => Assert.Contains(
            "There is no Secret 'shop-connections' in namespace 'migration'. Make it first", await RefusalAsync(generation, []), StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Generations))]
    public async Task A_missing_key_is_named_and_no_value_shown(string generation)
    {
        var said = await RefusalAsync(generation, new() { ["shop-connections"] = ["source", "target"] });

        Assert.Contains("Secret 'shop-connections' has no key 'broker', which connections.keys.broker names.", said, StringComparison.Ordinal);
        Assert.DoesNotContain("aHVudGVyMg", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_workers_own_Secret_is_looked_for_as_well()
        => Assert.Contains(
            "There is no Secret 'workers'", await RefusalAsync("1.35", new() { ["shop-connections"] = Keys }, "--set", "worker.existingSecret=workers"),
            StringComparison.Ordinal);

    [Fact]
    public async Task Keda_s_key_is_looked_for_as_well()
        => Assert.Contains(
            "has no key 'management'", await RefusalAsync("1.35", new() { ["shop-connections"] = Keys }, "--set", "mode=keda"), StringComparison.Ordinal);

    [Theory]
    [InlineData("mode=static", "source", "target")]
    [InlineData("connections.keys.source=", "target", "broker")]
    [InlineData("connections.verify=false")]
    public async Task What_is_not_needed_may_be_missing(string value, params string[] keys)
        => (await TemplateAsync("1.33", new() { ["shop-connections"] = keys }, "--set", value, "--set", "static.collection=customers")).Good();

    [Fact]
    public async Task A_whole_Secret_is_enough() => (await TemplateAsync("1.33", new() { ["shop-connections"] = Keys })).Good();

    private static async Task<string> RefusalAsync(string generation, Dictionary<string, string[]> secrets, params string[] more)
    {
        var finished = await TemplateAsync(generation, secrets, more);
        Assert.NotEqual(0, finished.ExitCode);
        return finished.Errors;
    }

    private static async Task<Finished> TemplateAsync(string generation, Dictionary<string, string[]> secrets, params string[] more)
    {
        await using var server = new ApiServerDouble(ChartCase.Namespace, secrets);
        return await new KubernetesTools(generation).HelmAsync(
            ["template", ChartCase.Release, ChartCase.Chart, "--namespace", ChartCase.Namespace, "--dry-run=server",
             "--kubeconfig", server.KubeConfig, "--values", ChartCase.Values("shop"), .. more]);
    }
}
