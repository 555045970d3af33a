using Migration.Contracts.Migrations;

namespace Migration.Contracts.Tests.Migrations;

/// <summary>Each folder under Cases is a bad file and the whole of what is said about it.</summary>
public sealed class BadFileTests
{
    private static readonly string Cases = Path.Combine(AppContext.BaseDirectory, "Migrations", "Cases");

    public static TheoryData<string> Names =>
        [.. Directory.GetDirectories(Cases).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_bad_file_is_refused_with_every_mistake_and_no_secret(string name)
    {
        var folder = Path.Combine(Cases, name);
        var environment = Environment(Path.Combine(folder, "environment.txt"));
        var path = Path.Combine(folder, "migration.yaml");

        var refusal = Assert.Throws<MigrationFileException>(() => MigrationFileLoader.Load(path, environment.GetValueOrDefault));

        var said = refusal.Message.Replace(folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);
        Assert.Equal(File.ReadAllText(Path.Combine(folder, "error.txt")).TrimEnd('\n'), said);
        Assert.DoesNotContain("hunter2", refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void There_are_at_least_25_bad_files() => Assert.True(Directory.GetDirectories(Cases).Length >= 25);

    [Fact]
    public void A_missing_file_is_one_mistake()
    {
        var refusal = Assert.Throws<MigrationFileException>(() => MigrationFileLoader.Load("no/such.yaml", _ => null));

        Assert.Equal("no/such.yaml: there is no such file; expected a migration file", refusal.Message);
    }

    [Fact]
    public void A_folder_is_one_mistake()
    {
        var refusal = Assert.Throws<MigrationFileException>(() => MigrationFileLoader.Load(Cases, _ => null));

        Assert.Equal($"{Cases}: is a folder; expected a migration file", refusal.Message);
    }

    [Fact]
    public void A_file_whose_name_cannot_be_a_run_s_asks_for_one()
    {
        var refusal = Assert.Throws<MigrationFileException>(
            () => MigrationFileLoader.LoadText(SampleFiles.Smallest, "my shop.yaml", _ => null));

        Assert.StartsWith("my shop.yaml:1:1: name is missing; expected a name, as the file's own cannot be", refusal.Message, StringComparison.Ordinal);
    }

    private static Dictionary<string, string?> Environment(string path)
    {
        var lines = File.Exists(path) ? File.ReadAllLines(path) : [];
        var environment = lines.Select(line => line.Split('=', 2)).ToDictionary(parts => parts[0], parts => (string?)parts[1]);
        environment["TEST_SECRET"] = "hunter2";
        return environment;
    }
}
