using System.Diagnostics;

namespace Migration.TestServers;

/// <summary>
/// scripts/servers.sh as a tool on a server that it started: its path is in MIGRATION_TEST_SERVERS, the server's
/// folder in the variable that the constants name.
/// </summary>
internal static class ServerScript
{
    public const string RabbitMq = "MIGRATION_TEST_RABBITMQ_DIR";

    public static bool Controls(string server) => Variable("MIGRATION_TEST_SERVERS") is not null && Variable(server) is not null;

    public static async Task RunAsync(
        string function, string server, IEnumerable<string> arguments, CancellationToken cancellation)
    {
        if (!Controls(server))
        {
            throw new InvalidOperationException(
                $"'{function}' works on a server that ./test.sh has started; {server} is not set.");
        }

        var start = new ProcessStartInfo("bash", [Variable("MIGRATION_TEST_SERVERS")!, function, Variable(server)!, .. arguments])
        {
            RedirectStandardError = true,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("bash did not start.");
        var errors = await process.StandardError.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"scripts/servers.sh {function} ended with {process.ExitCode}: {errors.Trim()}");
        }
    }

    private static string? Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
