using Microsoft.Extensions.Logging.Abstractions;
using Migration.Worker.Hosting;
using Migration.Worker.Probes;
using Npgsql;

namespace Migration.Worker.Tests.Hosting;

public sealed class PatienceTests
{
    private static readonly NpgsqlException Away = new("refused", new System.Net.Sockets.SocketException(111));

    private readonly ImpatientTime _time = new();
    private readonly ProgramHealth _health;

    public PatienceTests() => _health = new ProgramHealth(_time);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_that_comes_is_waited_for_and_the_wait_is_told_of()
    {
        var tries = 0;
        var told = new List<string>();
        await Create(60).WaitForAsync("ledger", "PostgreSQL", _ =>
        {
            told.AddRange(_health.WhyNotReady());
            return ++tries < 4 ? Task.FromException(Away) : Task.CompletedTask;
        }, Cancellation).WaitAsync(TimeSpan.FromMinutes(1), Cancellation);

        Assert.Equal(4, tries);
        Assert.Equal("ledger: PostgreSQL has not answered yet", told[0]);
        Assert.All(told.Skip(1), reason => Assert.StartsWith("ledger: PostgreSQL cannot be reached", reason, StringComparison.Ordinal));
        Assert.Empty(_health.WhyNotReady());
    }

    [Fact]
    public async Task A_server_that_does_not_come_is_given_up_after_the_time()
    {
        var tries = 0;
        var waiting = Create(1).WaitForAsync("ledger", "PostgreSQL", _ =>
        {
            tries++;
            _time.Advance(TimeSpan.FromSeconds(0.4));
            return Task.FromException(Away);
        }, Cancellation);

        Assert.Same(Away, await Assert.ThrowsAsync<NpgsqlException>(() => waiting));
        Assert.InRange(tries, 1, 3);
    }

    [Fact]
    public async Task What_waiting_cannot_mend_is_not_waited_for()
    {
        var tries = 0;
        var wrong = new PostgresException("password authentication failed", "FATAL", "FATAL", PostgresErrorCodes.InvalidPassword);

        await Assert.ThrowsAsync<PostgresException>(() => Create(3600).WaitForAsync(
            "ledger", "PostgreSQL", _ => Task.FromException(new[] { wrong }[tries++]), Cancellation));

        Assert.Equal(1, tries);
    }

    private Patience Create(int seconds) => new(TimeSpan.FromSeconds(seconds), _health, NullLogger<Patience>.Instance, _time);
}
