using Microsoft.Extensions.Logging;
using Migration.Worker.Sources;
using Migration.Worker.Suspects;
using Migration.Worker.Targets;
using Npgsql;
using Polly;
using Polly.Retry;

namespace Migration.Worker;

/// <summary>
/// Tries again what failed because a server was away, busy or failing over: with growing, jittered delays for about four
/// minutes, which a restart or a failover fits in, and never for ever. Only a server that has no connection left is waited
/// for as long as it takes: many workers are no fault of a slice. What is transient is decided by each system's own list of
/// codes.
/// </summary>
internal static class TransientRetry
{
    private const int Tries = 14;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(0.25);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    /// <summary>Drivers wait 30 seconds for a server before they give up on it; not heard of for so long, a try is still no standstill.</summary>
    private static readonly TimeSpan LongestTry = TimeSpan.FromSeconds(60);

    /// <param name="what">What is tried, for the log: <c>reading products, slice 42</c>.</param>
    /// <param name="pulse">Beats with each try: to wait for a server is not to hang.</param>
    public static ResiliencePipeline Create(string what, ILogger logger, TimeProvider time, Pulse? pulse = null)
    {
        return new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(Retry(PostgresErrors.IsCrowded, int.MaxValue))
            .AddRetry(Retry(e => IsTransient(e) && !PostgresErrors.IsCrowded(e), Tries))
            .Build();

        RetryStrategyOptions Retry(Func<Exception, bool> handles, int tries) => new()
        {
            ShouldHandle = new PredicateBuilder().Handle(handles),
            MaxRetryAttempts = tries,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = FirstDelay,
            MaxDelay = LongestDelay,
            OnRetry = retry =>
            {
                pulse?.Excuse(retry.RetryDelay + LongestTry, time);
                Tell(what, retry, logger);
                return ValueTask.CompletedTask;
            },
        };
    }

    /// <summary>Does it by such retries.</summary>
    public static async Task<T> RunAsync<T>(
        string what, Func<CancellationToken, Task<T>> action, ILogger logger, TimeProvider time, CancellationToken cancellationToken)
        => await Create(what, logger, time).ExecuteAsync(async token => await action(token), cancellationToken);

    public static bool IsTransient(Exception exception)
        => exception is SourceException { IsTransient: true }
            || exception is NpgsqlException postgres && PostgresErrors.IsTransient(postgres);

    private static void Tell(string what, OnRetryArguments<object> retry, ILogger logger)
    {
        var reason = retry.Outcome.Exception!;
        Instruments.Retried(reason);
        if (PostgresErrors.IsCrowded(reason))
            Instruments.WaitedForConnection("server");
        logger.Retrying(what, retry.RetryDelay.TotalSeconds, retry.AttemptNumber + 1, FirstLine(reason));
    }

    /// <summary>An exception as one line for logs and the ledger.</summary>
    public static string FirstLine(Exception exception)
        => exception.Message.Split('\n', 2)[0].Replace('\0', ' ').Trim();
}
