using Migration.EndToEnd.Tests.Harness;
using Migration.EndToEnd.Tests.Oracles;
using Migration.TestServers;
using Migration.Worker;

namespace Migration.EndToEnd.Tests;

/// <summary>
/// What users get wrong. Each time: one message that says what to mend, the exit code, no stack trace, no password, and
/// the same run succeeds once it is mended.
/// </summary>
public sealed class BadInputTests
{
    private const string WrongSecret = "wrong-secret-4711";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, int, string> MistakesInTheFile => new()
    {
        { "collections:", "collections: [", ExitCode.Configuration, "shop.yaml" },
        { "    columns:\n      id: { path: _id, type: text }\n      sku", "    colums:\n      id: { path: _id, type: text }\n      sku", ExitCode.Configuration, "did you mean 'columns'" },
        { "stock: { type: int4", "stock: { type: inte4", ExitCode.Configuration, "inte4" },
        { "- name: customers", "- name: costumers", ExitCode.Configuration, "customers" },
        { "database: shop", "database: schop", ExitCode.Configuration, "shop" },
    };

    public static TheoryData<string, string, string, int, string> MistakesInTheEnvironment => new()
    {
        { "MIGRATION_TARGET", "postgres://me:" + WrongSecret + "@127.0.0.1:1/db", "--in-process", ExitCode.Unreachable, "PostgreSQL cannot be reached" },
        { "MIGRATION_BROKER", "amqp://me:" + WrongSecret + "@127.0.0.1:1/", "--local", ExitCode.Unreachable, "RabbitMQ cannot be reached" },
        { "MIGRATION_SOURCE", "mongodb://me:" + WrongSecret + "@127.0.0.1:1/shop?serverSelectionTimeoutMS=300", "--in-process", ExitCode.Unreachable, "no server answered" },
        { "MIGRATION_SOURCE", "/nowhere/dump", "--in-process", ExitCode.Configuration, "/nowhere/dump" },
        { "MIGRATION_TARGET", "mysql://me:" + WrongSecret + "@127.0.0.1/db", "--in-process", ExitCode.Configuration, "MIGRATION_TARGET" },
        { "MIGRATION_BROKER", "http://me:" + WrongSecret + "@127.0.0.1/", "--local", ExitCode.Configuration, "MIGRATION_BROKER" },
    };

    [Theory]
    [MemberData(nameof(MistakesInTheFile))]
    public async Task A_mistake_in_the_file_is_named(string good, string bad, int exitCode, string message)
    {
        await using var bed = await CreateAsync();
        await bed.EditAsync(good, bad, Cancellation);
        await FailsAsync(bed, "--in-process", exitCode, message);

        await bed.EditAsync(bad, good, Cancellation);
        await SucceedsAsync(bed);
    }

    [Theory]
    [MemberData(nameof(MistakesInTheEnvironment))]
    public async Task A_server_that_cannot_be_used_is_named(
        string variable, string value, string place, int exitCode, string message)
    {
        await using var bed = await CreateAsync();
        var good = bed.Environment[variable];
        bed.Environment[variable] = value;
        bed.Environment["MIGRATION_PATIENCE"] = "1";
        await FailsAsync(bed, place, exitCode, message);

        bed.Environment[variable] = good;
        await SucceedsAsync(bed);
    }

    [Theory]
    [InlineData("--http-port", "0")]
    [InlineData("--http-port", "65536")]
    [InlineData("--http-port", "eighty")]
    [InlineData("--patience", "0")]
    [InlineData("--patience", "-1")]
    [InlineData("--patience", "soon")]
    public async Task A_number_that_makes_no_sense_is_named_by_both_programs(string option, string value)
    {
        await using var bed = await CreateAsync();
        var variable = option == "--patience" ? "MIGRATION_PATIENCE" : "MIGRATION_HTTP_PORT";

        await CheckAsync(bed, bed.StartRun("--in-process", $"{option}={value}"), ExitCode.Configuration, $"{option} is '{value}'");
        await CheckAsync(bed, bed.StartWorkerProgram($"{option}={value}"), ExitCode.Configuration, $"{option} is '{value}'");
        bed.Environment[variable] = value;
        await CheckAsync(bed, bed.StartWorker(), ExitCode.Configuration, $"{variable} is '{value}'");
    }

    [Fact]
    public async Task A_port_that_is_in_use_is_named()
    {
        await using var bed = await CreateAsync();
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Any, 0);
        taken.Start();
        var port = ((System.Net.IPEndPoint)taken.LocalEndpoint).Port;

        await CheckAsync(bed, bed.StartWorkerProgram("--http-port", $"{port}"), ExitCode.Configuration, $"Port {port} cannot be listened on");
        await CheckAsync(bed, bed.StartRun("--in-process", "--http-port", $"{port}"), ExitCode.Configuration, $"Port {port} cannot be listened on");
    }

    [Theory]
    [InlineData("MIGRATION_TARGET", "--in-process", "password")]
    [InlineData("MIGRATION_BROKER", "--local", "password of broker.uri")]
    public async Task A_wrong_password_is_named_and_not_printed(string variable, string place, string message)
    {
        await using var bed = await CreateAsync();
        var good = bed.Environment[variable]!;
        var user = new Uri(good).UserInfo.Split(':')[0];
        bed.Environment[variable] = new UriBuilder(good) { UserName = user, Password = WrongSecret }.Uri.AbsoluteUri;
        bed.Environment["MIGRATION_PATIENCE"] = "1800";
        await FailsAsync(bed, place, ExitCode.Configuration, message);

        bed.Environment[variable] = good;
        await SucceedsAsync(bed);
    }

    [Fact]
    public async Task A_password_that_the_source_refuses_is_not_printed()
    {
        await using var bed = await CreateAsync();
        var good = bed.Environment["MIGRATION_SOURCE"];
        var server = new MongoDB.Driver.MongoUrlBuilder(MongoDb.ConnectionString)
        {
            Username = "nobody",
            Password = WrongSecret,
            DatabaseName = "shop",
        };
        bed.Environment["MIGRATION_SOURCE"] = server.ToString();
        await FailsAsync(bed, "--in-process", ExitCode.Configuration, "source");

        bed.Environment["MIGRATION_SOURCE"] = good;
        await SucceedsAsync(bed);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_named()
    {
        await using var bed = await CreateAsync();
        var program = bed.StartCoordinator("run", Path.Combine(bed.Folder, "missing.yaml"), "--name", bed.Run);
        await CheckAsync(bed, program, ExitCode.Configuration, "missing.yaml");
        await SucceedsAsync(bed);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("report")]
    [InlineData("plan")]
    [InlineData("infer")]
    [InlineData("check")]
    [InlineData("run")]
    [InlineData(null)]
    public async Task Help_does_not_show_what_the_environment_says(string? command)
    {
        await using var bed = await CreateAsync();
        bed.Environment["MIGRATION_SOURCE"] = "mongodb://me:" + WrongSecret + "@127.0.0.1:1/shop";
        bed.Environment["MIGRATION_TARGET"] = "postgres://me:" + WrongSecret + "@127.0.0.1:1/db";
        bed.Environment["MIGRATION_BROKER"] = "amqp://me:" + WrongSecret + "@127.0.0.1:1/";

        var program = command is null ? bed.StartWorkerProgram("--help") : bed.StartCoordinator(command, "--help");

        await program.EndsWithAsync(ExitCode.Done, Cancellation);
        Assert.Contains("Options:", program.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(WrongSecret, program.Output + program.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_that_is_set_up_wrongly_ends_and_no_slice_gives_up_over_it()
    {
        await using var bed = await CreateAsync();
        var coordinator = bed.StartRun("--external");
        var good = bed.Environment["MIGRATION_SOURCE"];
        bed.Environment["MIGRATION_SOURCE"] = "/nowhere/dump";
        var wrong = bed.StartWorker();

        await wrong.EndsWithAsync(ExitCode.Configuration, Cancellation);
        Assert.Contains("/nowhere/dump", wrong.Errors, StringComparison.Ordinal);

        bed.Environment["MIGRATION_SOURCE"] = good;
        var right = bed.StartWorker();
        await coordinator.EndsWithAsync(ExitCode.Done, Cancellation);
        await right.EndsWithAsync(ExitCode.Done, Cancellation);
        Assert.Equal(0, await bed.Ledger.NumberAsync("sum(attempts) - count(*)", Cancellation));
    }

    [Fact]
    public async Task A_table_with_other_columns_is_left_alone()
    {
        await using var bed = await CreateAsync();
        await ExecuteAsync(bed, "CREATE SCHEMA shop; CREATE TABLE shop.products (id text PRIMARY KEY, sku int4, name text)");
        await FailsAsync(bed, "--in-process", ExitCode.Configuration, "shop.products");

        await ExecuteAsync(bed, "DROP TABLE shop.products");
        await SucceedsAsync(bed);
    }

    [Fact]
    public async Task A_user_without_the_right_to_create_is_told_so()
    {
        await using var bed = await CreateAsync();
        var role = "role_" + bed.Run.Replace('-', '_');
        await ExecuteAsync(bed, $"CREATE ROLE {role} LOGIN PASSWORD '{WrongSecret}'");
        try
        {
            var good = bed.Environment["MIGRATION_TARGET"]!;
            bed.Environment["MIGRATION_TARGET"] = new UriBuilder(good) { UserName = role, Password = WrongSecret }.Uri.AbsoluteUri;
            await FailsAsync(bed, "--in-process", ExitCode.Configuration, "permission denied");

            bed.Environment["MIGRATION_TARGET"] = good;
            await SucceedsAsync(bed);
        }
        finally
        {
            await ExecuteAsync(bed, $"DROP ROLE {role}");
        }
    }

    [Fact]
    public async Task A_path_that_no_record_has_is_warned_of()
    {
        await using var bed = await CreateAsync();
        await bed.EditAsync("path: vendor.address.city", "path: vendor.adress.city", Cancellation);
        var program = bed.StartRun("--in-process");
        await program.EndsWithAsync(0, Cancellation);
        Assert.Contains("warning", program.Output, StringComparison.Ordinal);
        Assert.Contains("vendor.adress.city", program.Output, StringComparison.Ordinal);
    }

    private static async Task<TestBed> CreateAsync()
        => await TestBed.CreateAsync(await ShopSource.DumpAsync(new(200), Cancellation), null, Cancellation);

    private static Task FailsAsync(TestBed bed, string place, int exitCode, string message)
        => CheckAsync(bed, bed.StartRun(place, "--log-folder", bed.Folder), exitCode, message);

    private static async Task CheckAsync(TestBed bed, RunningProgram program, int exitCode, string message)
    {
        await program.EndsWithAsync(exitCode, Cancellation);
        Assert.Contains(message, program.Errors, StringComparison.Ordinal);
        Assert.InRange(program.Errors.Trim().Split('\n').Length, 1, 20);
        Assert.DoesNotContain("   at ", program.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", program.Errors, StringComparison.Ordinal);
        var said = program.Output + program.Errors;
        foreach (var secret in new[] { WrongSecret, Password(Postgres.Uri), Password(RabbitMq.Uri) })
            Assert.DoesNotContain(secret, said, StringComparison.Ordinal);
        Assert.Empty(bed.Survivors());
    }

    /// <summary>The same run, after the mistake is mended; not needed where the mistake was seen before anything was made.</summary>
    private static async Task SucceedsAsync(TestBed bed)
    {
        if (await IsEmptyAsync(bed))
            return;
        await bed.StartRun("--in-process").EndsWithAsync(0, Cancellation);
        await new Oracle(bed.Target, await ShopSource.DumpAsync(new(200), Cancellation), bed.Run).CheckAsync(Cancellation);
    }

    private static async Task<bool> IsEmptyAsync(TestBed bed)
    {
        await using var command = bed.Target.CreateCommand(
            "SELECT NOT EXISTS (SELECT FROM pg_namespace WHERE nspname IN ('migration', 'shop'))");
        return (bool)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    private static string Password(Uri uri) => uri.UserInfo.Split(':')[1];

    private static async Task ExecuteAsync(TestBed bed, string sql)
    {
        await using var command = bed.Target.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
