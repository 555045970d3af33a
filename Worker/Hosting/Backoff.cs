namespace Migration.Worker.Hosting;

/// <summary>Growing pauses, each drawn from half to one and a half times its length so that many who wait do not move in step.</summary>
internal sealed class Backoff(TimeSpan first, TimeSpan longest)
{
    private TimeSpan? _next;

    public TimeSpan Next()
    {
        var length = _next ?? first;
        _next = TimeSpan.FromTicks(Math.Min(longest.Ticks, length.Ticks * 3 / 2));
        return length * (0.5 + Random.Shared.NextDouble());
    }

    public void Reset() => _next = null;
}
