using System.Text.RegularExpressions;
using Migration.Chart.Tests.Harness;

namespace Migration.Chart.Tests;

/// <summary>What can be said of compose.yaml without an engine.</summary>
public sealed partial class ComposeTests
{
    [Fact]
    public void It_brings_up_the_three_servers_a_coordinator_and_workers()
    {
        Assert.Equal(["coordinator", "mongodb", "postgres", "rabbitmq", "worker"], ComposeFile.Services.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(["coordinator", "worker"], ComposeFile.Programs.Select(service => service.Words("command")[0]));
        Assert.True(int.Parse(ComposeFile.Services["worker"].Text("deploy", "replicas")!, null) > 1);
    }

    [Fact]
    public void The_programs_cannot_write_but_to_tmp_and_may_nothing_else()
        => Assert.All(ComposeFile.Programs, service =>
        {
            Assert.Equal("true", service.Text("read_only"));
            Assert.Equal(["/tmp"], service.Words("tmpfs"));
            Assert.Equal(["ALL"], service.Words("cap_drop"));
            Assert.Equal(["no-new-privileges:true"], service.Words("security_opt"));
        });

    [Fact]
    public void Every_service_that_is_depended_on_and_every_volume_is_there()
    {
        Assert.All(ComposeFile.Services.Values.SelectMany(service => service.Words("depends_on")), name => Assert.Contains(name, ComposeFile.Services.Keys));
        var named = ComposeFile.Services.Values.SelectMany(service => service.Words("volumes")).Select(volume => volume.Split(':')[0]).Where(name => Word().IsMatch(name));
        Assert.All(named, volume => Assert.Contains(volume, ComposeFile.Root.At("volumes").TextKeys()));
    }

    [Fact]
    public void A_connection_leads_to_a_service_with_the_password_that_it_was_given()
    {
        var environment = ComposeFile.Programs[0].At("environment").Texts();

        Assert.Contains($":{ComposeFile.Services["mongodb"].Text("environment", "MONGO_INITDB_ROOT_PASSWORD")}@mongodb:", environment["MIGRATION_SOURCE"], StringComparison.Ordinal);
        Assert.Contains($":{ComposeFile.Services["postgres"].Text("environment", "POSTGRES_PASSWORD")}@postgres:", environment["MIGRATION_TARGET"], StringComparison.Ordinal);
        Assert.Contains($":{ComposeFile.Services["rabbitmq"].Text("environment", "RABBITMQ_DEFAULT_PASS")}@rabbitmq:", environment["MIGRATION_BROKER"], StringComparison.Ordinal);
    }

    [Fact]
    public void Every_variable_has_a_default()
        => Assert.All(Variable().Matches(ComposeFile.Text), match => Assert.True(match.Groups["default"].Success, match.Value));

    /// <summary>A published port is on this machine alone: the passwords are known to everybody.</summary>
    [Fact]
    public void Nothing_is_published_beyond_this_machine()
        => Assert.All(
            ComposeFile.Services.Values.SelectMany(service => service.Words("ports")), port => Assert.StartsWith("127.0.0.1:", port, StringComparison.Ordinal));

    [Fact]
    public void The_migration_file_is_there()
        => Assert.All(
            Regex.Matches(ComposeFile.Text, @"MIGRATION_FILE:-(?<path>[^}]+)"), match => Assert.True(File.Exists(Repository.PathOf(match.Groups["path"].Value))));

    [GeneratedRegex("^[a-z]+$")]
    private static partial Regex Word();

    [GeneratedRegex(@"\$\{[A-Z_]+(?<default>:-[^}]+)?\}")]
    private static partial Regex Variable();
}
