using System.Diagnostics;

namespace Migration.EndToEnd.Tests.Harness;

/// <summary>
/// A PostgreSQL, RabbitMQ or DocumentDB of one test's own, to be stopped and killed at will. The script that started it waits for the
/// end of its standard input and then removes it: it ends with the test, however the test ends.
/// </summary>
internal sealed class PrivateServer : IAsyncDisposable
{
    private const string Serve =
        """
        set -euo pipefail
        . "$1"
        stop_servers_on_exit
        unset MIGRATION_TEST_POSTGRES MIGRATION_TEST_RABBITMQ MIGRATION_TEST_MONGODB
        if [[ $2 == documentdb ]]; then
          . "${1%/*}/documentdb.sh"
          ensure_documentdb >&2
          # A port that no outgoing connection takes while the server is down.
          start_documentdb "$3" --port "$(free_port)" >&2
        else
          "start_$2" "$3" >&2
        fi
        echo "${MIGRATION_TEST_POSTGRES-}${MIGRATION_TEST_RABBITMQ-}${MIGRATION_TEST_MONGODB-}"
        read -r _ || true
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _script;
    private readonly string _kind;
    private readonly string _folder;

    private PrivateServer(Process script, string kind, string folder) => (_script, _kind, _folder) = (script, kind, folder);

    /// <summary>postgres://..., amqp://... or mongodb://..., with the password; the same after a restart.</summary>
    public Uri Uri { get; private set; } = null!;

    /// <summary>Of PostgreSQL; its owner is the account that the server runs as.</summary>
    public string DataFolder => Path.Combine(_folder, "server", "data");

    /// <param name="ownClock">Whether <see cref="SetClockAsync"/> can be used.</param>
    /// <param name="maxConnections">Null for many.</param>
    /// <param name="forgetful">Whether a crash takes as many of the commits with it that nobody waited for as can be.</param>
    public static Task<PrivateServer> StartPostgresAsync(
        CancellationToken cancellation, bool ownClock = false, int? maxConnections = null, bool forgetful = false)
        => StartAsync("postgres", cancellation, ownClock ? "+0" : null, maxConnections, forgetful);

    public static Task<PrivateServer> StartRabbitMqAsync(CancellationToken cancellation) => StartAsync("rabbitmq", cancellation);

    public static Task<PrivateServer> StartDocumentDbAsync(CancellationToken cancellation) => StartAsync("documentdb", cancellation);

    /// <summary>In order; for DocumentDB there is only <see cref="KillAsync"/>.</summary>
    public Task StopAsync(CancellationToken cancellation) => ToolAsync("stop", cancellation);

    /// <summary>As a crash.</summary>
    public Task KillAsync(CancellationToken cancellation) => ToolAsync("kill", cancellation);

    /// <summary>On the same port with the same data.</summary>
    public Task StartAgainAsync(CancellationToken cancellation)
        => ToolAsync(_kind == "documentdb" ? "resume" : "start", cancellation);

    /// <summary>Lets PostgreSQL's clock differ from the machine's from now on; each of its processes sees it within a second or so.</summary>
    public Task SetClockAsync(TimeSpan ahead, CancellationToken cancellation) => File.WriteAllTextAsync(
        Path.Combine(_folder, "server", "clock"), FormattableString.Invariant($"{ahead.TotalSeconds:+0;-0;+0}"), cancellation);

    /// <summary>Lines of PostgreSQL's log that hold the text.</summary>
    public int CountInLog(string text)
        => File.ReadLines(Path.Combine(_folder, "server.log")).Count(line => line.Contains(text, StringComparison.Ordinal));

    /// <summary>
    /// How often RabbitMQ gave up on its own at-least-once dead-lettering: then no such queue works any more until it is
    /// restarted. So it does when a queue is deleted while it comes up (seen with 3.10).
    /// </summary>
    public int CountDeadLetteringGivenUp()
    {
        using var log = new StreamReader(new FileStream(
            Path.Combine(_folder, "log", "rabbit.log"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        var (count, isSupervisor) = (0, false);
        while (log.ReadLine() is { } line)
        {
            if (line.Contains(" supervisor: ", StringComparison.Ordinal))
                isSupervisor = line.Contains("rabbit_fifo_dlx_sup", StringComparison.Ordinal);
            else if (isSupervisor && line.Contains("reached_max_restart_intensity", StringComparison.Ordinal))
                (count, isSupervisor) = (count + 1, false);
        }

        return count;
    }

    public async ValueTask DisposeAsync()
    {
        _script.StandardInput.Close();
        await _script.WaitForExitAsync(CancellationToken.None).WaitAsync(Patience);
        _script.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<PrivateServer> StartAsync(
        string kind, CancellationToken cancellation, string? clock = null, int? maxConnections = null, bool forgetful = false)
    {
        var folder = Directory.CreateTempSubdirectory($"migration-e2e-{kind}-").FullName;
        if (clock is not null)
            await File.WriteAllTextAsync(Path.Combine(folder, "clock"), clock, cancellation);
        var start = Bash(["-c", Serve, "bash", Repository.ServersScript, kind, folder]);
        if (maxConnections is { } connections)
            start.Environment["MIGRATION_TEST_MAX_CONNECTIONS"] = connections.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (forgetful)
            start.Environment["MIGRATION_TEST_FORGETFUL"] = "on";
        var script = Process.Start(start)!;
        script.ErrorDataReceived += (_, _) => { };
        script.BeginErrorReadLine();
        var server = new PrivateServer(script, kind, folder);
        try
        {
            var uri = await script.StandardOutput.ReadLineAsync(cancellation).AsTask().WaitAsync(Patience, cancellation);
            server.Uri = new Uri(uri ?? throw new InvalidOperationException($"{kind} did not start; see {folder}."));
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    private async Task ToolAsync(string verb, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        // The server outlives the tool and may keep its streams, so their end is not waited for. A tool once started is,
        // whoever has lost interest: one that kills would go on to kill what is started next.
        using var tool = Process.Start(Bash([Script, $"{verb}_{_kind}", _folder]))!;
        await tool.WaitForExitAsync(CancellationToken.None).WaitAsync(Patience, CancellationToken.None);
        Assert.Equal(0, tool.ExitCode);
    }

    private string Script => _kind == "documentdb" ? Repository.DocumentDbScript : Repository.ServersScript;

    private static ProcessStartInfo Bash(IEnumerable<string> arguments) => new("bash", arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };
}
