using Migration.Chart.Tests.Harness;

namespace Migration.Chart.Tests;

/// <summary>A variable that no program reads does nothing, and nobody notices.</summary>
public sealed class EnvironmentTests
{
    /// <summary>Read by .NET, by a shell, or only in arguments.</summary>
    private static readonly string[] ByOthers = ["SSL_CERT_DIR", "SSL_CERT_FILE", "WORKERS"];

    private static readonly string Code = string.Concat(
        new[] { "Contracts", "Worker", "Coordinator" }.SelectMany(DockerContext.Files)
            .Where(path => path.EndsWith(".cs", StringComparison.Ordinal)).Select(path => Repository.Read(path)));

    public static TheoryData<string> Cases => [.. ChartCase.Names];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_programs_read_every_variable_that_the_chart_sets(string name)
    {
        var mine = (await ChartCase.ManifestsAsync(name)).Pods.SelectMany(pod => pod.Environment.Keys).Distinct()
            .Except(ByOthers).Where(variable => name != "everything" || !variable.StartsWith("DOTNET_", StringComparison.Ordinal) && variable != "TZ");

        Assert.All(mine, variable => Assert.Contains($"\"{variable}\"", Code, StringComparison.Ordinal));
    }

    [Fact]
    public void The_programs_read_every_variable_that_compose_sets()
        => Assert.All(
            ComposeFile.Programs.SelectMany(service => service.At("environment").Texts().Keys),
            variable => Assert.Contains($"\"{variable}\"", Code, StringComparison.Ordinal));
}
