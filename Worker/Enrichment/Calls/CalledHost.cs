using System.Threading.RateLimiting;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Migrations;
using Migration.Worker.Hosting;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace Migration.Worker.Enrichment.Calls;

/// <summary>
/// A host that enrichment calls, with what all calls to it share: its limits, its circuit, and the time until which it asked
/// to be left alone.
/// </summary>
/// <remarks>
/// <para>From the outside in: a call waits as long as the host is busy or its circuit is open, for that is no fault of its
/// record and costs it no try; then come the tries that a record has; then the circuit, the calls a second, the calls at a
/// time, and the time that one try may take.</para>
/// <para>The circuit opens when half of the tries of half a minute fail, ten at least. It lets one try through after 5
/// seconds, then 10, 20, at most a minute.</para>
/// </remarks>
internal sealed class CalledHost : IDisposable
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FirstBreak = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestBreak = TimeSpan.FromMinutes(1);

    /// <summary>A host that asks for more is asked again all the same.</summary>
    private static readonly TimeSpan LongestRest = TimeSpan.FromMinutes(10);

    /// <summary>Of a host that a record names.</summary>
    private const int MostRests = 20;

    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Seldom _telling;
    private readonly RateLimiter? _perSecond;
    private readonly ResiliencePipeline<HttpAnswer> _calls;
    private readonly ResiliencePipeline<HttpAnswer> _tries;
    private readonly bool _waitsForStrangers;
    private volatile bool _hasAnswered;
    private long _restUntil;

    /// <param name="name">Scheme, host and port, for messages.</param>
    /// <param name="waitsForStrangers">
    /// False for a host that a record names: one that has never answered is not waited for, and one that is busy not for ever.
    /// </param>
    public CalledHost(string name, CallSettings settings, TimeProvider time, ILogger logger, bool waitsForStrangers = true)
    {
        _waitsForStrangers = waitsForStrangers;
        (Name, _time, _logger, _telling) = (name, time, logger, new Seldom(TimeSpan.FromMinutes(1), time));
        _perSecond = PerSecond(settings);
        (_calls, _tries) = (Calls(settings), Tries(settings));
    }

    public string Name { get; }

    /// <summary>What a call comes to when it has waited and had its tries.</summary>
    /// <param name="attempt">One try. Throws what it cannot answer for: that ends the call.</param>
    public async Task<HttpAnswer> CallAsync(Func<CancellationToken, Task<HttpAnswer>> attempt, CancellationToken cancellationToken)
    {
        try
        {
            return await _calls.ExecuteAsync(
                async token =>
                {
                    // Not within the time of a try.
                    await WaitForRestAsync(token);
                    return await _tries.ExecuteAsync(async inner => Note(await attempt(inner)), token);
                },
                cancellationToken);
        }
        catch (BrokenCircuitException)
        {
            return HttpAnswer.None("nothing, as none of the calls before (its circuit is open)");
        }
        catch (TimeoutRejectedException e)
        {
            return HttpAnswer.None($"no answer within {e.Timeout.TotalSeconds:0} seconds (timeoutSeconds)");
        }
    }

    private HttpAnswer Note(HttpAnswer answer)
    {
        _hasAnswered |= answer.IsSuccess;
        return answer;
    }

    public void Dispose() => _perSecond?.Dispose();

    private ResiliencePipeline<HttpAnswer> Calls(CallSettings settings)
    {
        var calls = new ResiliencePipelineBuilder<HttpAnswer> { TimeProvider = _time }.AddRetry(Patience());
        if (settings.Retries > 0)
            calls.AddRetry(Retry(settings.Retries));
        return calls.Build();
    }

    private ResiliencePipeline<HttpAnswer> Tries(CallSettings settings)
    {
        var tries = new ResiliencePipelineBuilder<HttpAnswer> { TimeProvider = _time }.AddCircuitBreaker(Circuit());
        if (_perSecond is not null)
            tries.AddRateLimiter(_perSecond);
        if (settings.MaxConcurrent is { } most)
            tries.AddConcurrencyLimiter(most, int.MaxValue);
        return tries.AddTimeout(TimeSpan.FromSeconds(settings.TimeoutSeconds)).Build();
    }

    /// <summary>Spread over the second, so that a host sees no bursts.</summary>
    private static TokenBucketRateLimiter? PerSecond(CallSettings settings) => settings.MaxPerSecond is not { } most ? null : new(new()
    {
        TokenLimit = Math.Max(1, most / 10),
        TokensPerPeriod = Math.Max(1, most / 10),
        ReplenishmentPeriod = TimeSpan.FromSeconds(Math.Max(1, most / 10) / (double)most),
        QueueLimit = int.MaxValue,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    /// <summary>As long as it takes: while the host is busy or its circuit is open.</summary>
    private RetryStrategyOptions<HttpAnswer> Patience() => new()
    {
        ShouldHandle = new PredicateBuilder<HttpAnswer>()
            .HandleResult(answer => answer.IsBusy).Handle<BrokenCircuitException>(_ => _waitsForStrangers || _hasAnswered),
        MaxRetryAttempts = _waitsForStrangers ? int.MaxValue : MostRests,
        DelayGenerator = retry => ValueTask.FromResult<TimeSpan?>(Rest(retry)),
    };

    private TimeSpan Rest(RetryDelayGeneratorArguments<HttpAnswer> retry)
    {
        var rest = retry.Outcome.Exception is BrokenCircuitException broken ? Max(broken.RetryAfter ?? FirstBreak, FirstDelay) : BusyRest(retry);
        if (_telling.IsDue())
            _logger.HostRests(Name, rest.TotalSeconds, retry.Outcome.Result?.ToString() ?? "its circuit is open after many failures");
        return rest + Jitter(rest);
    }

    /// <summary>All calls leave the host alone, not only the one that it told so.</summary>
    private TimeSpan BusyRest(RetryDelayGeneratorArguments<HttpAnswer> retry)
    {
        var grown = TimeSpan.FromSeconds(Math.Min(LongestDelay.TotalSeconds, FirstDelay.TotalSeconds * Math.Pow(2, Math.Min(retry.AttemptNumber, 10))));
        var asked = retry.Outcome.Result?.RetryAfter ?? grown;
        var rest = asked < LongestRest ? asked : LongestRest;
        var until = _time.GetTimestamp() + (long)(rest.TotalSeconds * _time.TimestampFrequency);
        InterlockedMax(ref _restUntil, until);
        return rest;
    }

    private static RetryStrategyOptions<HttpAnswer> Retry(int tries) => new()
    {
        ShouldHandle = new PredicateBuilder<HttpAnswer>().HandleResult(answer => answer.IsTransient).Handle<TimeoutRejectedException>(),
        MaxRetryAttempts = tries,
        BackoffType = DelayBackoffType.Exponential,
        UseJitter = true,
        Delay = FirstDelay,
        MaxDelay = LongestDelay,
        DelayGenerator = retry => ValueTask.FromResult(retry.Outcome.Result?.RetryAfter is { } asked ? Min(asked, LongestRest) + Jitter(asked) : (TimeSpan?)null),
        OnRetry = _ =>
        {
            Instruments.RetriedCall();
            return ValueTask.CompletedTask;
        },
    };

    private static CircuitBreakerStrategyOptions<HttpAnswer> Circuit() => new()
    {
        ShouldHandle = new PredicateBuilder<HttpAnswer>().HandleResult(answer => answer.IsTransient).Handle<TimeoutRejectedException>(),
        FailureRatio = 0.5,
        MinimumThroughput = 10,
        SamplingDuration = TimeSpan.FromSeconds(30),
        BreakDurationGenerator = broken => ValueTask.FromResult(
            TimeSpan.FromSeconds(Math.Min(LongestBreak.TotalSeconds, FirstBreak.TotalSeconds * Math.Pow(2, Math.Max(0, broken.HalfOpenAttempts))))),
    };

    private async Task WaitForRestAsync(CancellationToken cancellationToken)
    {
        while (RestLeft() is { Ticks: > 0 } left)
            await Task.Delay(left, _time, cancellationToken);
    }

    /// <summary>Of one look at the clock: by a second one it may be less than nothing, which to a timer is for ever, or an error.</summary>
    private TimeSpan RestLeft() => _time.GetElapsedTime(_time.GetTimestamp(), Interlocked.Read(ref _restUntil));

    /// <summary>Many wait for the same moment, and must not all come at it.</summary>
    private static TimeSpan Jitter(TimeSpan delay)
        => Random.Shared.NextDouble() * Min(TimeSpan.FromMilliseconds(200) + (delay / 10), TimeSpan.FromSeconds(5));

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static void InterlockedMax(ref long place, long value)
    {
        for (var now = Interlocked.Read(ref place); now < value; now = Interlocked.Read(ref place))
            Interlocked.CompareExchange(ref place, value, now);
    }
}
