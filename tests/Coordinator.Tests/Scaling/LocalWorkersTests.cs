using Migration.Coordinator.Scaling;
using Migration.Worker;

namespace Migration.Coordinator.Tests.Scaling;

/// <summary>With worker processes that end at once over their configuration, or because nobody answers.</summary>
public sealed class LocalWorkersTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_worker_that_ends_over_its_configuration_is_not_replaced_and_its_words_are_passed_on()
    {
        using var folder = new LogFolder();
        await using var workers = new LocalWorkers(1, new Dictionary<string, string?> { ["MIGRATION_BROKER"] = null }, folder.Path);
        await workers.WaitForEndAsync(Cancellation);

        var failure = Assert.Throws<UserException>(() => workers.ReplaceDead(0, (_, _) => { }));

        Assert.Equal(ExitCode.Configuration, failure.Code);
        Assert.Contains("MIGRATION_BROKER", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Workers_that_die_without_completing_a_slice_are_replaced_five_times_and_not_for_ever()
    {
        using var folder = new LogFolder();
        var connections = new Dictionary<string, string?>
        {
            ["MIGRATION_BROKER"] = "amqp://nobody@127.0.0.1:1/",
            ["MIGRATION_TARGET"] = "postgres://nobody@127.0.0.1:1/none",
        };
        await using var workers = new LocalWorkers(1, connections, folder.Path);
        var codes = new List<int>();
        for (var death = 1; death <= 5; death++)
        {
            await workers.WaitForEndAsync(Cancellation);
            workers.ReplaceDead(0, (_, code) => codes.Add(code));
        }

        await workers.WaitForEndAsync(Cancellation);
        var failure = Assert.Throws<UserException>(() => workers.ReplaceDead(0, (_, code) => codes.Add(code)));

        Assert.Equal(Enumerable.Repeat(ExitCode.Unreachable, 5), codes);
        Assert.Equal(ExitCode.Incomplete, failure.Code);
        Assert.Contains("RabbitMQ cannot be reached", failure.Message, StringComparison.Ordinal);
    }

    private sealed class LogFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("local-workers-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
