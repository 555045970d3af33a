using Migration.Chart.Tests.Harness;

namespace Migration.Chart.Tests;

/// <summary>No secret is ever in a manifest.</summary>
public sealed class SecretTests
{
    private const string Password = "hunter2";

    private static readonly string[] Connections = ["MIGRATION_SOURCE", "MIGRATION_TARGET", "MIGRATION_BROKER"];

    public static TheoryData<string> Cases => [.. ChartCase.Names];

    public static TheoryData<string, string> Passwords => new()
    {
        { "source", $"mongodb://user:{Password}@host/" },
        { "source", $"mongodb+srv://user:{Password}@host/" },
        { "target", $"postgres://user:{Password}@host:5432/shop" },
        { "target", $"postgresql://user:{Password}@host/shop" },
        { "target", $"Host=host;Username=user;Password={Password}" },
        { "target", $"Host=host; Username=user; pwd = {Password}" },
        { "broker", $"amqp://user:{Password}@host" },
        { "broker", $"amqps://user:{Password}${{REST}}@host/vhost" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Every_connection_comes_from_a_Secret_of_the_user_s(string name)
    {
        var manifests = await ChartCase.ManifestsAsync(name);

        Assert.False(manifests.Have("Secret"));
        var variables = manifests.Pods.SelectMany(pod => pod.Container.Sequence("env")).Where(each => Connections.Contains(each.Text("name"))).ToList();
        Assert.NotEmpty(variables);
        Assert.All(variables, variable => Assert.Null(variable.Text("value")));
        Assert.All(variables, variable => Assert.NotNull(variable.Text("valueFrom", "secretKeyRef", "key")));
    }

    [Theory]
    [MemberData(nameof(Passwords))]
    public async Task A_migration_file_with_a_password_is_refused_and_the_password_not_repeated(string place, string uri)
    {
        var finished = await TemplateAsync(place, uri);

        Assert.NotEqual(0, finished.ExitCode);
        Assert.Contains($"The migration file has a password in {place}.uri", finished.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, finished.Errors + finished.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("source", "mongodb://host/?authMechanism=MONGODB-AWS")]
    [InlineData("source", "mongodb://user@host:27017/")]
    [InlineData("source", "mongodb://user:${PASSWORD}@host/")]
    [InlineData("target", "postgres://user:${file:/run/secrets/password}@host/shop")]
    [InlineData("target", "Host=host;Username=user;Password=${PASSWORD}")]
    [InlineData("target", "postgres://host:5432/shop?sslmode=require")]
    public async Task A_migration_file_without_one_is_taken(string place, string uri) => (await TemplateAsync(place, uri)).Good();

    private static async Task<Finished> TemplateAsync(string place, string uri)
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, $"{place}:\n  uri: \"{uri}\"\ncollections: []\n");
        try
        {
            return await KubernetesTools.Newest.HelmAsync(
                "template", ChartCase.Release, ChartCase.Chart, "--values", ChartCase.Values("shop"), "--set-file", $"migration={file}");
        }
        finally
        {
            File.Delete(file);
        }
    }
}
