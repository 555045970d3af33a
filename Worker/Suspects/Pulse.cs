namespace Migration.Worker.Suspects;

/// <summary>
/// Shows that an attempt at a slice moves: it beats with every page, record, batch and retry. Cheap enough for every
/// record. Beats may come from several threads; one that is lost does not matter, the next one tells as much.
/// </summary>
internal sealed class Pulse
{
    private long _beats;
    private int _pauses;
    private volatile string _step = "read";

    private long _excusedUntil = long.MinValue;

    public long Beats => Volatile.Read(ref _beats);

    /// <summary>It waits for what is not its own to hurry, such as the cap on reading; that is no standstill.</summary>
    public bool IsPaused => Volatile.Read(ref _pauses) > 0;

    /// <summary>What it was doing at the last beat: <c>read</c>, <c>map</c>, <c>enrich</c> or <c>write</c>.</summary>
    public string Step => _step;

    public void Beat() => Volatile.Write(ref _beats, _beats + 1);

    public void Beat(string step)
    {
        _step = step;
        Beat();
    }

    /// <summary>Silence until then is no standstill: a time stamp of the watch's clock.</summary>
    public long ExcusedUntil => Volatile.Read(ref _excusedUntil);

    /// <summary>What comes next may take so long before it can beat again.</summary>
    public void Excuse(TimeSpan silence, TimeProvider time)
    {
        Beat();
        Volatile.Write(ref _excusedUntil, time.GetTimestamp() + (long)(silence.TotalSeconds * time.TimestampFrequency));
    }

    /// <summary>Not counted as a standstill until the result is disposed of.</summary>
    public IDisposable Pause()
    {
        Interlocked.Increment(ref _pauses);
        return new Pausing(this);
    }

    private sealed class Pausing(Pulse pulse) : IDisposable
    {
        public void Dispose()
        {
            pulse.Beat();
            Interlocked.Decrement(ref pulse._pauses);
        }
    }
}
