using System.Text.Json;
using System.Text.RegularExpressions;
using Migration.Chart.Tests.Harness;
using Migration.SampleShop;
using Migration.TestServers;

namespace Migration.Chart.Tests;

/// <summary>What the Dockerfile makes, run as a container would be: as user 10001, and with a root that nobody can write to.</summary>
public sealed partial class ImageTests(BuiltImage image) : IClassFixture<BuiltImage>
{
    private static readonly Dictionary<string, string> Nothing = [];

    public static TheoryData<string> Cases => [.. ChartCase.Names];

    [Fact]
    public async Task The_user_is_10001_and_writes_to_tmp_alone()
    {
        var finished = await image.RunAsync(
            Nothing, "bash", "-c", "id -u; for folder in / /app /etc /usr /tmp; do touch $folder/x 2>/dev/null && echo $folder; done; true");

        Assert.Equal("10001\n/tmp\n", finished.Good());
    }

    [Theory]
    [InlineData("coordinator")]
    [InlineData("worker")]
    public async Task Both_programs_are_on_the_path(string program)
        => Assert.Contains("Usage:", (await image.RunAsync(Nothing, program, "--help")).Good(), StringComparison.Ordinal);

    [Theory]
    [InlineData("coordinator")]
    [InlineData("worker")]
    public void A_program_brings_its_runtime_compiled_ahead_with_it(string program)
    {
        using var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(BuiltImage.App, $"{program}.runtimeconfig.json")));
        var options = config.RootElement.GetProperty("runtimeOptions");

        Assert.Equal(
            ["Microsoft.NETCore.App", "Microsoft.AspNetCore.App"],
            options.GetProperty("includedFrameworks").EnumerateArray().Select(framework => framework.GetProperty("name").GetString()));
        Assert.False(options.GetProperty("configProperties").GetProperty("System.Runtime.TieredCompilation").GetBoolean());
        Assert.True(File.Exists(Path.Combine(BuiltImage.App, "coordinator.r2r.dll")), "nothing was compiled together");
    }

    [Fact]
    public async Task A_dump_is_migrated()
    {
        await using var database = await Postgres.CreateDatabaseAsync();
        var dump = Directory.CreateTempSubdirectory("shop-");
        await ShopDump.WriteAsync(new ShopGenerator(), new ShopCounts(200, 40, 60), dump.FullName, new(DumpFormat.Bson, true), CancellationToken.None);
        BuiltImage.Mount(dump.FullName, "dump");
        BuiltImage.Mount(Repository.PathOf("docs", "examples"), "migration");
        dump.Delete(recursive: true);

        var finished = await image.RunAsync(
            new Dictionary<string, string> { ["MIGRATION_SOURCE"] = "/dump", ["MIGRATION_TARGET"] = database.Uri.OriginalString },
            "coordinator", "run", "/migration/shop.yaml", "--in-process");

        Assert.Contains("Complete: 300 read", finished.Good(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_programs_know_every_option_that_the_chart_gives_them(string name)
    {
        foreach (var pod in (await ChartCase.ManifestsAsync(name)).Pods)
            await KnowsAsync([.. pod.Container.Words("command"), .. pod.Container.Words("args")]);
    }

    [Fact]
    public async Task The_programs_know_every_option_that_compose_gives_them()
    {
        foreach (var service in ComposeFile.Programs)
            await KnowsAsync(service.Words("command"));
    }

    private async Task KnowsAsync(IReadOnlyList<string> command)
    {
        var words = command.TakeWhile(word => !word.StartsWith("--", StringComparison.Ordinal) && !word.Contains('/', StringComparison.Ordinal)).ToArray();
        // `coordinator status NAME` has a name where others have options.
        if (words is ["coordinator", "status", ..])
            words = words[..2];
        var help = (await image.RunAsync(Nothing, [.. words, "--help"])).Good();
        var known = Option().Matches(help).Select(match => match.Value).ToHashSet();

        Assert.All(
            command.Where(word => word.StartsWith("--", StringComparison.Ordinal)), word => Assert.Contains(word.Split('=')[0], known));
    }

    [GeneratedRegex("--[a-z][a-z-]+")]
    private static partial Regex Option();
}
