using Migration.Chart.Tests.Harness;
using Migration.Chart.Tests.Validation;

namespace Migration.Chart.Tests;

/// <summary>k8s/ is what the chart renders, and kubectl can build it.</summary>
public sealed class PlainManifestTests
{
    private static readonly string[] Files =
        ["migration.yaml", "static-slices/jobs/slices.yaml", "static-slices/indexed-job/slices.yaml"];

    private static readonly string[] Folders = ["", "static-slices/jobs", "static-slices/indexed-job"];

    public static TheoryData<string> Generations => [.. KubernetesTools.All.Select(tools => tools.Generation)];

    public static TheoryData<string, string> Kustomizations => new(
        from folder in Folders
        from tools in KubernetesTools.All
        select (folder, tools.Generation));

    [Theory]
    [MemberData(nameof(Generations))]
    public async Task They_are_equal_to_their_rendering(string generation)
    {
        var folder = Directory.CreateTempSubdirectory("k8s-");
        try
        {
            var helm = new KubernetesTools(generation).PathOf("helm");
            (await Finished.RunAsync(
                "bash", [Repository.PathOf("scripts", "render-k8s.sh"), folder.FullName], new Dictionary<string, string?> { ["HELM"] = helm })).Good();

            Assert.Equal(Files.Order(StringComparer.Ordinal), Rendered(folder.FullName));
            Assert.All(Files, file => Assert.Equal(Repository.Read("k8s", file), File.ReadAllText(Path.Combine(folder.FullName, file))));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [MemberData(nameof(Kustomizations))]
    public async Task Kubectl_builds_every_folder_into_valid_objects(string folder, string generation)
    {
        var built = Manifests.Parse((await new KubernetesTools(generation).KubectlAsync("kustomize", Repository.PathOf("k8s", folder))).Good());

        Assert.Contains(built.Objects, each => each.Kind is "Deployment" or "Job");
        Assert.Empty(built.WithWorkerJob.SelectMany(ObjectTypes.Mistakes));
    }

    [Fact]
    public void Helm_is_not_said_to_manage_them()
        => Assert.All(Files, file => Assert.DoesNotMatch("managed-by: *\"?Helm", Repository.Read("k8s", file)));

    private static IEnumerable<string> Rendered(string folder) => Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(folder, path)).Order(StringComparer.Ordinal);
}
