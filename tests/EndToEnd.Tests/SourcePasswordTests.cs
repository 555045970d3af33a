using Migration.EndToEnd.Tests.Harness;
using Migration.SampleShop;
using Migration.TestServers;
using Migration.Worker;
using MongoDB.Driver;

namespace Migration.EndToEnd.Tests;

/// <summary>Whatever becomes of a login, its password is in nothing that infer, check and plan print or write.</summary>
public sealed class SourcePasswordTests
{
    /// <summary>As the tests' server knows it; in an address with its last character encoded.</summary>
    private const string Password = "tellnobody!";

    private const string Encoded = "tellnobody%21";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_login_that_succeeds_leaves_no_password_behind()
    {
        await using var mongo = MongoDb.CreateDatabase();
        await ShopServer.LoadAsync(new ShopGenerator(), new(200), mongo.Database, drop: false, Cancellation);
        await using var bed = await TestBed.CreateAsync(null, null, Cancellation);
        bed.Environment["MIGRATION_BROKER"] = null;

        // A server that asks for a password has its own way to log in.
        var given = new MongoUrl(MongoUri.Of(mongo));
        bed.Environment["MIGRATION_SOURCE"] = given.Password is null
            ? $"mongodb://reader:{Encoded}@{given.Server}/{mongo.Name}?directConnection=true&authMechanism=PLAIN&authSource=$external"
            : MongoUri.Of(mongo);

        var said = await SayAsync(bed, ExitCode.Done, ["infer", "--ddl", "--output", bed.MigrationFile, "--force"], ["check", bed.MigrationFile, "--full"], ["plan", bed.MigrationFile]);

        Assert.Contains($"{given.Username ?? "reader"}@", said, StringComparison.Ordinal);
        AssertSilent(said + await File.ReadAllTextAsync(bed.MigrationFile, Cancellation), given.Password ?? Password);
    }

    [Theory]
    [InlineData("", ExitCode.Configuration, "the server refused the user name or the password")]
    [InlineData("&authMechanism=SCRAM-SHA-256", ExitCode.Configuration, "the server refused the user name or the password")]
    [InlineData("&authMechanism=NONE", ExitCode.Configuration, "an authMechanism that the MongoDB driver does not know")]
    public async Task A_login_that_is_refused_names_no_password(string options, int exitCode, string reason)
    {
        var server = new MongoUrl(MongoDb.ConnectionString).Server;
        await AssertSilentAsync($"mongodb://reader:not{Encoded}@{server}/shop?directConnection=true{options}", exitCode, reason);
    }

    [Theory]
    [InlineData($"mongodb://reader:{Encoded}@127.0.0.1:1/shop?serverSelectionTimeoutMS=500", ExitCode.Unreachable)]
    [InlineData($"mongodb://reader:{Password}@{Password}@127.0.0.1:1/shop", ExitCode.Configuration)]
    [InlineData($"mongodb://reader:{Password}/x@127.0.0.1:1/shop", ExitCode.Configuration)]
    [InlineData($"mongodb://reader:{Password}#x@127.0.0.1:1/shop", ExitCode.Configuration)]
    [InlineData($"mongodb://reader:%{Password}@127.0.0.1:1/shop", ExitCode.Configuration)]
    [InlineData($"mongodb://reader:{Encoded}@127.0.0.1:port/shop", ExitCode.Configuration)]
    [InlineData($"mongodb://reader:{Encoded}@127.0.0.1:1/shop?authMechanismProperties=AWS_SESSION_TOKEN:{Encoded}&serverSelectionTimeoutMS=500", ExitCode.Unreachable)]
    [InlineData($"mongo://reader:{Encoded}@127.0.0.1:1/shop", ExitCode.Configuration)]
    public async Task An_address_that_leads_nowhere_names_no_password(string uri, int exitCode) => await AssertSilentAsync(uri, exitCode, "");

    private static async Task AssertSilentAsync(string uri, int exitCode, string reason)
    {
        await using var bed = await TestBed.CreateAsync(null, null, Cancellation);
        bed.Environment["MIGRATION_BROKER"] = null;
        bed.Environment["MIGRATION_SOURCE"] = uri;

        var said = await SayAsync(bed, exitCode, ["infer", "--database", "shop"], ["check", bed.MigrationFile, "--debug"]);

        Assert.Contains(reason, said, StringComparison.Ordinal);
        AssertSilent(said, Password);
    }

    /// <summary>All that the commands print.</summary>
    private static async Task<string> SayAsync(TestBed bed, int exitCode, params string[][] commands)
    {
        var said = "";
        foreach (var command in commands)
        {
            var program = bed.StartCoordinator(command);
            await program.EndsWithAsync(exitCode, Cancellation);
            said += program.Output + program.Errors;
        }

        return said;
    }

    private static void AssertSilent(string said, string password)
    {
        foreach (var secret in (string[])[password.TrimEnd('!'), password, Uri.EscapeDataString(password)])
            Assert.DoesNotContain(secret, said, StringComparison.OrdinalIgnoreCase);
    }
}
