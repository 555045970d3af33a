namespace Migration.Worker.Suspects;

/// <summary>
/// Watches the pulse of an attempt. Without a beat for the deadline it is cancelled; what does not listen to that within
/// a moment is left to itself, and the process has to end.
/// </summary>
/// <remarks>
/// What is slow keeps beating, however slow: only a record, page or statement that takes longer than the whole deadline
/// counts as a standstill.
/// </remarks>
internal sealed class HangWatch(TimeSpan deadline, TimeProvider time)
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(5);

    /// <exception cref="SliceHungException">It hung.</exception>
    public async Task<T> RunAsync<T>(Func<Pulse, CancellationToken, Task<T>> attempt, CancellationToken cancellationToken)
    {
        var pulse = new Pulse();
        using var hung = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

        // On a thread of its own: an attempt that never yields must not hold its watcher.
        var work = Task.Run(() => attempt(pulse, hung.Token), CancellationToken.None);
        if (await EndsAsync(work, pulse))
            return await work;

        await hung.CancelAsync();
        await Task.WhenAny(work, Task.Delay(Grace, time, CancellationToken.None));
        if (work.IsCompletedSuccessfully)
            return await work;
        throw Hung(work, pulse);
    }

    /// <summary>False when it stands still.</summary>
    private async Task<bool> EndsAsync(Task work, Pulse pulse)
    {
        var interval = TimeSpan.FromTicks(Math.Min(deadline.Ticks / 10, LongestInterval.Ticks));
        var (beats, since) = (pulse.Beats, time.GetTimestamp());
        while (await Task.WhenAny(work, Task.Delay(interval, time, CancellationToken.None)) != work)
        {
            if (pulse.Beats != beats || pulse.IsPaused)
                (beats, since) = (pulse.Beats, time.GetTimestamp());
            else if (time.GetElapsedTime(since) >= deadline)
                return false;
        }

        return true;
    }

    private SliceHungException Hung(Task work, Pulse pulse)
    {
        // What becomes of it is of no interest any more: its claim is given up, so the fence keeps it from committing.
        _ = work.ContinueWith(
            static late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return new SliceHungException(
            $"nothing moved for {deadline.TotalSeconds:0} seconds (worker.progressSeconds) at stage {pulse.Step}"
            + (work.IsCompleted ? "" : ", and it could not be stopped"))
        { IsDeaf = !work.IsCompleted };
    }
}
