using System.Threading.Channels;
using Migration.Contracts.Messages;

namespace Migration.Coordinator.Tracking;

/// <summary>
/// What the events told since the coordinator started. It makes tracking prompt and is never counted on: the numbers
/// that are shown and judged come from the ledger.
/// </summary>
internal sealed class RunNews
{
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private long _completed;
    private long _failed;

    public long CompletedSlices => Interlocked.Read(ref _completed);

    public long FailedSlices => Interlocked.Read(ref _failed);

    public void Completed(int slices)
    {
        Interlocked.Add(ref _completed, slices);
        _signal.Writer.TryWrite(true);
    }

    public void Failed(SliceFailed slice)
    {
        ArgumentNullException.ThrowIfNull(slice);
        Interlocked.Increment(ref _failed);
        _signal.Writer.TryWrite(true);
    }

    /// <summary>Returns at the next event, or at once when there was one since the last call, or when the time is up.</summary>
    public async Task WaitAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timeUp = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeUp.Token, cancellationToken);
        try
        {
            await _signal.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // No news; the ledger is asked all the same.
        }
    }
}
