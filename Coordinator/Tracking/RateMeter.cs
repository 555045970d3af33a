namespace Migration.Coordinator.Tracking;

/// <summary>How fast a growing count grew of late.</summary>
internal sealed class RateMeter(TimeProvider time)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(15);

    private readonly Queue<(long At, long Count)> _looks = new();
    private (long At, long Count) _latest;

    /// <summary>A look at the count, now.</summary>
    public void Add(long count)
    {
        // The pace counts from where the count begins to grow, not from the wait for it.
        if (_looks.Count == 1 && _latest.Count == count)
            _looks.Clear();
        _latest = (time.GetTimestamp(), count);
        _looks.Enqueue(_latest);

        // One look at or beyond the window's far end stays, so that the rate always spans all of it.
        while (_looks.Count > 2 && time.GetElapsedTime(_looks.ElementAt(1).At, _latest.At) >= Window)
            _looks.Dequeue();
    }

    /// <summary>Over the last 15 s, or since it began to grow; null before.</summary>
    public double? PerSecond
    {
        get
        {
            if (_looks.Count < 2)
                return null;
            var first = _looks.Peek();
            var seconds = time.GetElapsedTime(first.At, _latest.At).TotalSeconds;
            return seconds > 0 ? Math.Max(0, (_latest.Count - first.Count) / seconds) : null;
        }
    }

    /// <summary>Until the rest is done at this pace; null when it is not known or nothing moves.</summary>
    public TimeSpan? Left(long total) => Left(total - _latest.Count, PerSecond);

    public static TimeSpan? Left(long remaining, double? perSecond)
        => remaining <= 0 ? TimeSpan.Zero
            : perSecond is > 0 and var rate && remaining / rate < TimeSpan.MaxValue.TotalSeconds / 2 ? TimeSpan.FromSeconds(remaining / rate)
            : null;
}
