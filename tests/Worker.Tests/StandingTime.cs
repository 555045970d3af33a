namespace Migration.Worker.Tests;

/// <summary>No time passes and no delay ends: what depends on how quick the machine is does not happen.</summary>
internal sealed class StandingTime : TimeProvider
{
    public override long GetTimestamp() => 0;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        => System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
}
