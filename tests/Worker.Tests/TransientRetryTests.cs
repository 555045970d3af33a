using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Migration.Worker.Tests;

public sealed class TransientRetryTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_without_a_free_connection_is_waited_for_as_long_as_it_takes()
    {
        var tries = 0;

        await Retry().ExecuteAsync(
            _ => ++tries < 100 ? ValueTask.FromException(Refused(PostgresErrorCodes.TooManyConnections)) : ValueTask.CompletedTask, Cancellation);

        Assert.Equal(100, tries);
    }

    [Fact]
    public async Task A_server_that_stays_away_is_given_up()
    {
        var tries = 0;

        await Assert.ThrowsAsync<PostgresException>(() => Retry().ExecuteAsync(_ =>
        {
            tries++;
            return ValueTask.FromException(Refused(PostgresErrorCodes.CannotConnectNow));
        }, Cancellation).AsTask());

        Assert.Equal(15, tries);
    }

    private static Polly.ResiliencePipeline Retry()
        => TransientRetry.Create("Trying", NullLogger.Instance, new ImpatientTime());

    private static PostgresException Refused(string state) => new("refused", "FATAL", "FATAL", state);
}
