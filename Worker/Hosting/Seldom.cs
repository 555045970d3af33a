namespace Migration.Worker.Hosting;

/// <summary>Lets the first of many repeats through, and then one each <paramref name="interval"/>.</summary>
internal sealed class Seldom(TimeSpan interval, TimeProvider time)
{
    private readonly Lock _lock = new();
    private long? _last;

    public bool IsDue()
    {
        lock (_lock)
        {
            if (_last is { } last && time.GetElapsedTime(last) < interval)
                return false;
            _last = time.GetTimestamp();
            return true;
        }
    }

    /// <summary>It is over: the next one is the first again.</summary>
    public void Reset()
    {
        lock (_lock)
            _last = null;
    }
}
