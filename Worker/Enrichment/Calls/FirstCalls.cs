namespace Migration.Worker.Enrichment.Calls;

/// <summary>
/// Tells a service that cannot be used at all from one that fails now and then: when not one of the first calls succeeded,
/// no record is at fault, and the worker ends with the reason instead of quarantining all of them.
/// </summary>
/// <param name="what">The step and what it calls, at a sentence's beginning.</param>
internal sealed class FirstCalls(string what, TimeProvider time)
{
    /// <summary>So many failures in a row are no record's fault.</summary>
    public const int Most = 20;

    /// <summary>A service that is being restarted is no wrong address.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private volatile bool _hasAnswered;
    private int _failed;
    private long _first;

    /// <param name="mayPass">It was not reached, or failed inside, so that it is given some seconds.</param>
    /// <exception cref="UserException">They all failed.</exception>
    public void Failed(string reason, bool mayPass)
    {
        if (_hasAnswered)
            return;
        lock (_lock)
        {
            if (_failed++ == 0)
                _first = time.GetTimestamp();
            if (_failed < Most || (mayPass && time.GetElapsedTime(_first) < Least))
                return;
        }

        throw new UserException(
            mayPass ? ExitCode.Unreachable : ExitCode.Configuration,
            $"{what} cannot be used: all of the first {_failed} calls failed, the last with {reason}. "
            + "Mend it, or what the migration file says of it, and start again; what was quarantined for it until now can be replayed.");
    }

    public void Answered() => _hasAnswered = true;
}
