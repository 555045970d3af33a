using Migration.Chart.Tests.Harness;

namespace Migration.Chart.Tests;

/// <summary>
/// Each folder under Refusals has values that are wrong, and the whole of what helm then says: in error.txt where both
/// helms say the same, else in a file for each.
/// </summary>
public sealed class RefusalTests
{
    private static readonly string Folder = Repository.PathOf("tests", "Chart.Tests", "Refusals");

    private static readonly string[] Cases =
        [.. Directory.GetDirectories(Folder).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];

    public static TheoryData<string, string> CasesAndTools =>
        new(Cases.SelectMany(name => KubernetesTools.All.Select(tools => (name, tools.Generation))));

    [Theory]
    [MemberData(nameof(CasesAndTools))]
    public async Task Wrong_values_are_refused_before_anything_is_made(string name, string generation)
    {
        var finished = await new KubernetesTools(generation).HelmAsync(
            "template", ChartCase.Release, ChartCase.Chart, "--namespace", ChartCase.Namespace,
            "--values", ChartCase.Values("shop"), "--values", Path.Combine(Folder, name, "values.yaml"));

        Assert.NotEqual(0, finished.ExitCode);
        Assert.Empty(finished.Output);
        var file = File.Exists(Path.Combine(Folder, name, "error.txt")) ? "error.txt" : $"error.{generation}.txt";
        Golden.Check(Said(finished.Errors), "tests", "Chart.Tests", "Refusals", name, file);
    }

    [Theory]
    [MemberData(nameof(Generations))]
    public async Task A_migration_file_that_is_not_there_is_named(string generation)
    {
        var finished = await new KubernetesTools(generation).HelmAsync(
            "template", ChartCase.Release, ChartCase.Chart, "--set-file", "migration=no/such.yaml");

        Assert.NotEqual(0, finished.ExitCode);
        Assert.Contains("open no/such.yaml: no such file or directory", finished.Errors, StringComparison.Ordinal);
    }

    public static TheoryData<string> Generations => [.. KubernetesTools.All.Select(tools => tools.Generation)];

    /// <summary>Of several mistakes Helm lists one first and another time another.</summary>
    private static string Said(string errors)
    {
        var lines = errors.Split('\n').Where(line => line.Length > 0 && !line.Contains("--debug", StringComparison.Ordinal)).ToList();
        return string.Join('\n', lines.Take(2).Concat(lines.Skip(2).Order(StringComparer.Ordinal))) + "\n";
    }
}
