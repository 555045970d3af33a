using System.Runtime.InteropServices;
using System.Text;
using Migration.Benchmarks.Measuring;
using Migration.Benchmarks.Preparing;
using Migration.Benchmarks.Scenarios;
using RabbitMQ.Client;

namespace Migration.Benchmarks.Results;

/// <param name="Commit">Of this repository, with a <c>+</c> when the tree held more than that; null outside git.</param>
/// <param name="RabbitMq">Null when none took part, as with the next three.</param>
/// <param name="Source">Of MongoDB's protocol, as the server claims it.</param>
/// <param name="MongoFdw">With its own PostgreSQL's.</param>
/// <param name="Python">With pymongo's and psycopg2's.</param>
/// <param name="CompiledAhead">Our programs, as in images.</param>
internal sealed record Versions(string? Commit, string DotNet, string PostgreSql, string? RabbitMq, string? Source, string? MongoFdw, string? Python, bool CompiledAhead)
{
    private const string PythonVersions =
        "import platform, bson, pymongo, psycopg2; print(platform.python_version(), 'pymongo', pymongo.version, 'psycopg2', psycopg2.__version__.split()[0])";

    public static async Task<Versions> OfAsync(Bench bench, ScenarioNeeds needs, CancellationToken cancellation) => new(
        await CommitAsync(cancellation),
        RuntimeInformation.FrameworkDescription,
        await bench.Server.VersionAsync(cancellation),
        bench.Broker is { } broker && needs.HasFlag(ScenarioNeeds.RabbitMq) ? await BrokerAsync(broker, cancellation) : null,
        bench.Source?.Version,
        bench.MongoFdw is { } server ? await MongoFdwServer.VersionsAsync(server, cancellation) : null,
        needs.HasFlag(ScenarioNeeds.Python) ? await TryAsync(Scenarios.PythonLoop.Interpreter, cancellation, "-c", PythonVersions) : null,
        Repository.Published is not null);

    private static async Task<string?> CommitAsync(CancellationToken cancellation)
    {
        if (await TryAsync("git", cancellation, "-C", Repository.Root, "rev-parse", "--short=12", "HEAD") is not { } commit)
            return null;
        var changes = await TryAsync("git", cancellation, "-C", Repository.Root, "status", "--porcelain", "--untracked-files=no");
        return string.IsNullOrEmpty(changes) ? commit : commit + "+";
    }

    private static async Task<string> BrokerAsync(Uri broker, CancellationToken cancellation)
    {
        await using var connection = await new ConnectionFactory { Uri = broker }.CreateConnectionAsync(cancellation);
        return connection.ServerProperties?.TryGetValue("version", out var version) == true && version is byte[] text
            ? Encoding.UTF8.GetString(text)
            : "unknown";
    }

    /// <summary>Null where the program is missing or fails: nothing depends on it but a line of the report.</summary>
    private static async Task<string?> TryAsync(string program, CancellationToken cancellation, params string[] arguments)
    {
        try
        {
            return (await Programs.OutputAsync(Programs.Of(program, arguments), cancellation)).Trim();
        }
        catch (Exception e) when (e is BenchException or System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
