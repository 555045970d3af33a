using System.Text.Json;
using Migration.Chart.Tests.Harness;

namespace Migration.Chart.Tests;

/// <summary>What can be said of the Dockerfile by reading it.</summary>
public sealed class DockerfileTests
{
    private readonly Dockerfile _dockerfile = new();

    [Fact]
    public void Every_file_that_is_copied_is_there_and_reaches_the_engine()
        => Assert.All(
            _dockerfile.Instructions.Where(each => each.Name == "COPY" && each.From is null).SelectMany(copy => copy.Sources),
            source => Assert.NotEmpty(DockerContext.Files(source)));

    [Theory]
    [InlineData(".git/config")]
    [InlineData(".local/test/postgres/password")]
    [InlineData("artifacts/bin/Worker/release/worker.dll")]
    [InlineData("tests/Chart.Tests/DockerfileTests.cs")]
    [InlineData("Worker/bin/worker.dll")]
    [InlineData("Contracts/obj/project.assets.json")]
    [InlineData("helm/migration/values.yaml")]
    [InlineData("first.yaml")]
    public void What_an_image_does_not_need_does_not_reach_the_engine(string path) => Assert.False(DockerContext.Has(path));

    [Theory]
    [InlineData("Worker/Program.cs")]
    [InlineData("Contracts/Ledger/Sql/0001_ledger.sql")]
    [InlineData("Directory.Packages.props")]
    public void What_it_needs_does(string path) => Assert.True(DockerContext.Has(path));

    [Fact]
    public void The_programs_run_as_the_user_that_the_chart_names()
        => Assert.Equal("10001:10001", Assert.Single(_dockerfile.Image, each => each.Name == "USER").Text);

    /// <summary>A base image may have no shell.</summary>
    [Fact]
    public void The_image_is_only_copied_together() => Assert.DoesNotContain(_dockerfile.Image, each => each.Name == "RUN");

    [Fact]
    public void Every_stage_begins_from_an_argument_and_has_the_SDK_s_version()
    {
        var version = JsonDocument.Parse(Repository.Read("global.json")).RootElement.GetProperty("sdk").GetProperty("version").GetString()!;

        var bases = _dockerfile.Instructions.Where(each => each.Name == "FROM").Select(each => each.Words[0]).ToList();
        Assert.Equal(["${BASE_IMAGE}", "${BASE_IMAGE}", "${SDK_IMAGE}", "${RUNTIME_IMAGE}"], bases);
        var installed = _dockerfile.Instructions.Where(each => each.Name == "RUN").SelectMany(each => each.Words).ToList();
        var series = string.Join('.', version.Split('.')[..2]);
        Assert.Contains($"dotnet-sdk-{series}", installed);

        // The programs bring theirs; one that could not be meant would only make the image larger.
        Assert.DoesNotContain(installed, word => word.Contains("runtime-1", StringComparison.Ordinal));
    }
}
