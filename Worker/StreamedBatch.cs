using Migration.Contracts.Ledger;
using Migration.Worker.Targets;
using Npgsql;

namespace Migration.Worker;

/// <summary>Slices that share one COPY and one transaction: the one that has the lane, and those that it takes along.</summary>
/// <param name="queue">Where others wait.</param>
internal sealed class StreamedBatch(StreamedSlice first, IStreamsWaiting queue) : IDisposable
{
    /// <summary>Documents of quarantined records are kept until the end of the COPY.</summary>
    private const int MostRejectedBytes = 1024 * 1024;
    private const int MostRejected = 1_000;

    private readonly List<StreamedSlice> _slices = [first];
    private readonly Dictionary<StreamedSlice, FenceLostException> _lost = [];
    private List<IDisposable> _resting = [];

    public IReadOnlyList<StreamedSlice> Slices => _slices;

    /// <summary>Whose lane it is.</summary>
    public StreamedSlice First => first;

    public long Bytes => _slices.Sum(slice => slice.Bytes);

    public long Records => _slices.Sum(slice => slice.Counts.Read);

    /// <summary>What PostgreSQL took, without the waits for records.</summary>
    public TimeSpan Spent => first.Made.Elapsed - _slices.Aggregate(TimeSpan.Zero, (waited, slice) => waited + slice.Made.Waited);

    public bool HoldsMuch => _slices.Sum(slice => slice.Rejected.Count) >= MostRejected
        || _slices.Sum(slice => slice.RejectedBytes) >= MostRejectedBytes;

    /// <summary>How long a part may take to come: others that are ready need not wait for it.</summary>
    public TimeSpan Patience => _slices.Count == 1 && queue.Count == 0 ? StreamedSlice.Patience : TimeSpan.Zero;

    /// <returns>Null when none waits that fits.</returns>
    public StreamedSlice? TakeNext(Func<StreamedSlice, bool> fits)
    {
        // Another delivery of the same slice may be under way in this process: two of it would fail each other.
        if (queue.TakeNext(slice => _slices.TrueForAll(other => other.Claim.Id != slice.Claim.Id) && fits(slice))
            is not { } next)
            return null;
        next.IsTakenAlong = true;
        next.Made.Begins();
        _slices.Add(next);
        return next;
    }

    /// <summary>What PostgreSQL hangs of from now on is this one's doing and not the others': their pulses rest.</summary>
    public void Turn(StreamedSlice slice)
    {
        var before = _resting;
        _resting = [.. _slices.Where(other => other != slice).Select(other => other.Wait())];
        before.ForEach(pause => pause.Dispose());
    }

    public void Dispose() => _resting.ForEach(pause => pause.Dispose());

    /// <exception cref="FenceLostException">One of the slices is somebody else's.</exception>
    public async Task AdvanceAsync(NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        // In the order in which others lock several of them.
        var ordered = _slices.OrderBy(slice => slice.Claim.Id.Number).ToList();
        var moved = await SliceAdvance.MakeAllAsync(transaction, [.. ordered.Select(slice => slice.Advance)], cancellationToken);
        foreach (var (slice, (claim, lost)) in ordered.Zip(moved))
        {
            slice.After = claim;
            if (lost is not null)
                _lost.Add(slice, lost);
        }

        if (_lost.Count > 0)
            throw _lost.Values.First();
    }

    /// <summary>What became of one of them when all came to nothing.</summary>
    public Exception ReasonFor(StreamedSlice slice, Exception reason)
    {
        if (_lost.TryGetValue(slice, out var lost))
            return lost;
        if (_slices.Count == 1 || reason is NpgsqlException postgres && IsForAll(postgres))
            return reason;
        return reason is OperationCanceledException && slice.Cancellation.IsCancellationRequested
            ? new OperationCanceledException(slice.Cancellation)
            : new SharedStreamException($"it shared a COPY with {_slices.Count - 1} other slices, and that ended: {TransientRetry.FirstLine(reason)}", reason);
    }

    /// <summary>
    /// Of the connection, of the table, or of rows, which each slice then looks for. Of anything else it is not known whose it
    /// is, and those that it is not of shall not be blamed.
    /// </summary>
    private static bool IsForAll(NpgsqlException reason) => PostgresErrors.IsTransient(reason)
        || reason is PostgresException refused && (PostgresErrors.IsRowFault(refused) || PostgresErrors.IsConfiguration(refused));
}
