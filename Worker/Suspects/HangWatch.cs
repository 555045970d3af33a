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

        // Whoever listens may be stuck in listening: that, too, gets the grace and no more.
        var cancelling = hung.CancelAsync();
        await Task.WhenAny(Task.WhenAll(work, cancelling), Task.Delay(Grace, time, CancellationToken.None));
        if (work.IsCompletedSuccessfully)
            return await work;
        Forget(cancelling);
        throw Hung(work, pulse);
    }

    /// <summary>False when it stands still.</summary>
    private async Task<bool> EndsAsync(Task work, Pulse pulse)
    {
        var interval = TimeSpan.FromTicks(Math.Min(deadline.Ticks / 10, LongestInterval.Ticks));
        var (beats, looked, still) = (pulse.Beats, time.GetTimestamp(), TimeSpan.Zero);
        while (await Task.WhenAny(work, Task.Delay(interval, time, CancellationToken.None)) != work)
        {
            // Between two looks no more than two intervals count: a process or machine that stood still itself proves nothing.
            var now = time.GetTimestamp();
            var passed = TimeSpan.FromTicks(Math.Min(time.GetElapsedTime(looked, now).Ticks, 2 * interval.Ticks));
            still = pulse.Beats != beats || pulse.IsPaused || now < pulse.ExcusedUntil ? TimeSpan.Zero : still + passed;
            (beats, looked) = (pulse.Beats, now);
            if (still >= deadline)
                return false;
        }

        return true;
    }

    private SliceHungException Hung(Task work, Pulse pulse)
    {
        // What becomes of it is of no interest any more: its claim is given up, so the fence keeps it from committing.
        Forget(work);
        return new SliceHungException(
            $"nothing moved for {deadline.TotalSeconds:0} seconds (worker.progressSeconds) at stage {pulse.Step}"
            + (work.IsCompleted ? "" : ", and it could not be stopped"))
        { IsDeaf = !work.IsCompleted };
    }

    private static void Forget(Task task)
        => _ = task.ContinueWith(
            static late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
}
