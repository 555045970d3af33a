using Migration.Chart.Tests.Harness;

namespace Migration.Chart.Tests;

/// <summary>What helm prints after an installation: what to type next. By helm 4; helm 3 prints none without a cluster.</summary>
public sealed class NotesTests
{
    public static TheoryData<string> Cases => [.. ChartCase.Names];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task They_are_as_they_were(string name)
        => Golden.Check(await NotesAsync(name), "tests", "Chart.Tests", "Golden", $"{name}.notes.txt");

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Every_object_that_they_name_is_there(string name)
    {
        var manifests = await ChartCase.ManifestsAsync(name);
        var named = (await NotesAsync(name)).Split([' ', '\n']).Where(word => word.Contains("shop-migration", StringComparison.Ordinal));

        Assert.All(named, word => Assert.Contains(
            manifests.Objects, each => $"{each.Kind.ToLowerInvariant()}/{each.Name}" == word));
    }

    private static async Task<string> NotesAsync(string name)
    {
        var output = (await KubernetesTools.Newest.HelmAsync(
            "install", ChartCase.Release, ChartCase.Chart, "--namespace", ChartCase.Namespace, "--dry-run=client",
            "--values", ChartCase.Values(name))).Good();
        return output[(output.IndexOf("\nNOTES:\n", StringComparison.Ordinal) + "\nNOTES:\n".Length)..].TrimEnd() + "\n";
    }
}
