using Migration.Contracts.Ledger;
using Npgsql;

namespace Migration.Worker;

/// <summary>Slices that share one COPY and one transaction: one, and those of its message that follow it.</summary>
/// <param name="following">Null for a slice by itself.</param>
internal sealed class StreamedBatch(StreamedSlice first, SlicesInLine? following = null)
{
    /// <summary>Documents of quarantined records are kept until the end of the COPY.</summary>
    private const int MostRejectedBytes = 1024 * 1024;
    private const int MostRejected = 1_000;

    private readonly List<StreamedSlice> _slices = [first];

    public IReadOnlyList<StreamedSlice> Slices => _slices;

    public StreamedSlice First => first;

    public long Bytes => _slices.Sum(slice => slice.Bytes);

    public long Records => _slices.Sum(slice => slice.Counts.Read);

    /// <summary>Since the transaction was begun; zero before.</summary>
    public TimeSpan Elapsed => first.Made.Elapsed;

    /// <summary>What PostgreSQL took, without the waits for records.</summary>
    public TimeSpan Spent => Elapsed - _slices.Aggregate(TimeSpan.Zero, (waited, slice) => waited + slice.Made.Waited);

    public bool HoldsMuch => _slices.Sum(slice => slice.Rejected.Count) >= MostRejected
        || _slices.Sum(slice => slice.RejectedBytes) >= MostRejectedBytes;

    /// <inheritdoc cref="SlicesInLine.TakeNextAsync"/>
    public async Task<StreamedSlice?> TakeNextAsync(Func<long, int, bool> fits, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (following is null || await _slices[^1].Made.WaitAsync(following.TakeNextAsync(fits, patience, cancellationToken)) is not { } next)
            return null;
        _slices.Add(next);
        return next;
    }

    /// <exception cref="FenceLostException">One of the slices is somebody else's.</exception>
    public async Task AdvanceAsync(NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        // In their order, in which others lock several of them.
        var moved = await SliceAdvance.MakeAllAsync(transaction, [.. _slices.Select(slice => slice.Advance)], cancellationToken);
        foreach (var (_, lost) in moved)
        {
            if (lost is not null)
                throw lost;
        }

        foreach (var (slice, (claim, _)) in _slices.Zip(moved))
            slice.After = claim;
    }
}
