using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;

namespace Migration.Coordinator.Scaling.Kubernetes;

/// <summary>
/// Tries again what failed because the API server was away or busy, with growing, jittered delays, or after the time that
/// it asks for.
/// </summary>
internal static class ApiRetry
{
    /// <summary>Three minutes or so: before anything has begun, a wrong address is likelier than a long restart.</summary>
    public const int TriesBeforeStart = 15;

    /// <summary>Workers go on without the API server, so a run waits for it for as long as it takes.</summary>
    public const int TriesWhileRunning = int.MaxValue;

    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(15);

    /// <summary>A server that asks for more is asked again all the same.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan TellAgain = TimeSpan.FromSeconds(30);

    public static ResiliencePipeline Create(int tries, ILogger logger, TimeProvider time)
    {
        long? told = null;
        return new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = attempt => ValueTask.FromResult(
                    attempt.Outcome.Exception is { } e && ApiFaults.IsTransient(e, attempt.Context.CancellationToken)),
                MaxRetryAttempts = tries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = FirstDelay,
                MaxDelay = LongestDelay,
                DelayGenerator = attempt => ValueTask.FromResult(
                    ApiFaults.RetryAfter(attempt.Outcome.Exception) is { } after ? (TimeSpan?)(after < LongestWait ? after : LongestWait) : null),
                OnRetry = attempt =>
                {
                    // Several requests wait at a time, each with its own delays.
                    if (told is { } last && time.GetElapsedTime(last) < TellAgain)
                        return ValueTask.CompletedTask;
                    told = time.GetTimestamp();
                    logger.ApiAway(ApiFaults.Message(attempt.Outcome.Exception!));
                    return ValueTask.CompletedTask;
                },
            })
            .Build();
    }
}
