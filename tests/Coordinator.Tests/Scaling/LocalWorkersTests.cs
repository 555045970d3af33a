using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Migration.Coordinator.Scaling.Local;
using Migration.Worker;

namespace Migration.Coordinator.Tests.Scaling;

/// <summary>With real worker processes that end over their configuration, because nobody answers, or by being killed.</summary>
public sealed class LocalWorkersTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_worker_that_ends_over_its_configuration_is_not_replaced_and_its_words_are_passed_on()
    {
        using var folder = new LogFolder();
        await using var workers = new LocalWorkers(1, new Dictionary<string, string?> { ["MIGRATION_BROKER"] = null }, folder.Path);
        await EndAsync(workers, kill: false);

        var failure = Assert.Throws<UserException>(() => workers.ReplaceDead(0, (_, _) => { }));

        Assert.Equal(ExitCode.Configuration, failure.Code);
        Assert.Contains("MIGRATION_BROKER", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Workers_that_die_without_completing_a_slice_are_replaced_five_times_and_not_for_ever()
    {
        using var folder = new LogFolder();
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var workers = new LocalWorkers(1, Connections(((IPEndPoint)silent.LocalEndpoint).Port), folder.Path);
        var codes = new List<int>();
        for (var death = 1; death <= 5; death++)
        {
            await EndAsync(workers, kill: true);
            workers.ReplaceDead(0, (_, code) => codes.Add(code));
        }

        await EndAsync(workers, kill: true);
        var failure = Assert.Throws<UserException>(() => workers.ReplaceDead(0, (_, code) => codes.Add(code)));

        Assert.Equal(Enumerable.Repeat(137, 5), codes);
        Assert.Equal(ExitCode.Incomplete, failure.Code);
    }

    [Fact]
    public async Task A_worker_that_finds_no_server_is_started_again_after_a_moment()
    {
        using var folder = new LogFolder();
        var time = new FakeTimeProvider();
        await using var workers = new LocalWorkers(1, Connections(port: 1), folder.Path, time);
        await EndAsync(workers, kill: false);
        var codes = new List<int>();

        workers.ReplaceDead(0, (_, code) => codes.Add(code));
        Assert.Empty(codes);

        time.Advance(TimeSpan.FromSeconds(6));
        workers.ReplaceDead(0, (_, code) => codes.Add(code));
        Assert.Equal([ExitCode.Unreachable], codes);
    }

    private static Dictionary<string, string?> Connections(int port) => new()
    {
        ["MIGRATION_BROKER"] = $"amqp://nobody@127.0.0.1:{port}/",
        ["MIGRATION_TARGET"] = "postgres://nobody@127.0.0.1:1/none",
    };

    /// <summary>Waits until all have ended, by themselves or killed.</summary>
    private static async Task EndAsync(LocalWorkers workers, bool kill)
    {
        foreach (var id in workers.ProcessIds)
        {
            try
            {
                using var process = Process.GetProcessById(id);
                if (kill)
                    process.Kill();
                await process.WaitForExitAsync(Cancellation);
            }
            catch (ArgumentException)
            {
                // Ended in between.
            }
        }

        while (workers.Alive > 0)
            await Task.Yield();
    }

    private sealed class LogFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("local-workers-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
