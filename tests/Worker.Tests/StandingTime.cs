namespace Migration.Worker.Tests;

/// <summary>No time passes, and the next part of a batch is waited for as long as it takes: how quick the machine is does not matter.</summary>
internal sealed class StandingTime : TimeProvider
{
    public override long GetTimestamp() => 0;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        => System.CreateTimer(callback, state, dueTime == StreamedSlice.Patience ? Timeout.InfiniteTimeSpan : dueTime, period);
}
