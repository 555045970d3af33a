using Migration.Worker.Enrichment.Calls;

namespace Migration.Worker.Enrichment.Plugins;

/// <summary>
/// Calls of a plugin, each within its time. Nothing in .NET ends code that does not want to end: a call that goes on after
/// it was cancelled is left to itself, and keeps its thread. So that they cannot pile up, a worker with too many of them
/// ends, and another one takes its place.
/// </summary>
/// <remarks>A call is given copies of values and returns new ones: one that was left can change no record any more.</remarks>
internal sealed class PluginCalls(string plugin, TimeSpan limit, FirstCalls first, TimeProvider time)
{
    /// <summary>More than a worker has in flight by default, so that one bad moment of all of them ends nothing.</summary>
    public const int MostLeft = 100;

    /// <summary>What listens to its cancellation has so long to end.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private int _left;

    /// <exception cref="PluginTooSlowException">It took too long.</exception>
    /// <exception cref="UserException">Too many calls go on although they were cancelled.</exception>
    public async Task<T> CallAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        var token = either.Token;

        // On a thread of the pool, for it may not yield at all.
        var work = Task.Run(async () => await (call(token) ?? throw new InvalidOperationException("it returned no task")), CancellationToken.None);
        try
        {
            return await work.WaitAsync(token);
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            await LeaveAsync(work);
            cancellationToken.ThrowIfCancellationRequested();
            throw new PluginTooSlowException(limit);
        }
    }

    /// <exception cref="UserException">They have all failed so far, and are enough of them.</exception>
    public void Failed(string reason) => first.Failed(reason, mayPass: false);

    public void Answered() => first.Answered();

    private async Task LeaveAsync(Task work)
    {
        await Task.WhenAny(work, Task.Delay(Grace, time, CancellationToken.None));
        if (work.IsCompleted)
        {
            _ = work.Exception;
            return;
        }

        var left = Interlocked.Increment(ref _left);
        _ = work.ContinueWith(
            late =>
            {
                _ = late.Exception;
                Interlocked.Decrement(ref _left);
            },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        if (left >= MostLeft)
            throw new UserException(ExitCode.Hung, FormattableString.Invariant($"{plugin}: {left} calls go on although they were cancelled. This worker ends to get rid of them; another one takes its place."));
    }
}
