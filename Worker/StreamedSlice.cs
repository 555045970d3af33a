using Migration.Contracts.Ledger;
using Migration.Worker.Suspects;
using Migration.Worker.Targets;

namespace Migration.Worker;

/// <summary>A slice in a streamed batch, and what the one COPY has taken of it so far. For one try.</summary>
/// <param name="claim">As it stands before.</param>
/// <param name="batches">Where further parts come from; the last one that was taken is in hand afterwards.</param>
/// <param name="first">The part in hand.</param>
/// <param name="isEnough">Asked after each part: nothing more of this slice shall be taken.</param>
/// <param name="cancellation">Of the attempt.</param>
internal sealed class StreamedSlice(
    SliceClaim claim, MappedBatches batches, MappedBatch first, Func<bool> isEnough, BatchTry made, Pulse pulse, CancellationToken cancellation)
{
    /// <summary>What is not ready by then is not waited for with a transaction open.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(0.1);

    /// <summary>Records and bytes of documents that a small slice has left at most; more are worth a COPY of their own, and need no lane.</summary>
    private const long SmallRecords = 10_000;
    private const long SmallBytes = 4 * 1024 * 1024;

    private MappedBatch _part = first;

    public SliceClaim Claim { get; } = claim;

    public BatchTry Made { get; } = made;

    public CancellationToken Cancellation { get; } = cancellation;

    /// <summary>It goes along with another one's COPY: what is learnt of that is learnt from the other.</summary>
    public bool IsTakenAlong { get; set; }

    public long Bytes { get; private set; }

    public SliceCounts Counts { get; private set; }

    /// <summary>Records that are quarantined with it.</summary>
    public List<QuarantinedRecord> Rejected { get; } = [];

    public long RejectedBytes { get; private set; }

    public long NextBytes => _part.Page.Bytes;

    public int NextRecords => _part.Page.Records.Count;

    /// <summary>By what the plan counts on, and by the size of the records in hand.</summary>
    public bool IsSmall => Claim.Remaining <= SmallRecords && Claim.Remaining * NextBytes <= SmallBytes * NextRecords;

    public bool IsEnough => _part.Page.IsFinal || isEnough();

    /// <summary>Where the slice goes from here, once it is written.</summary>
    public SliceAdvance Advance => new(Claim, Made.End!.Value, Counts, Made.IsFinal);

    /// <summary>The claim as it is then; null before.</summary>
    public SliceClaim? After { get; set; }

    /// <summary>Waiting for its turn is no standstill.</summary>
    public IDisposable Wait() => pulse.Pause();

    public async Task SendAsync(Func<RowBuffer, Task> sendAsync)
    {
        Made.Sends(_part.Page);
        await sendAsync(_part.Rows);
        Bytes += _part.Page.Bytes;
        Counts += new SliceCounts(_part.Page.Records.Count, _part.Rows.Count, _part.Rejected.Count, 0);

        // The next part's documents take the place of this one's.
        foreach (var record in _part.Rejected)
        {
            Rejected.Add(record with { Document = record.Document.ToArray() });
            RejectedBytes += record.Document.Length;
        }

        pulse.Beat("write");
    }

    /// <summary>Takes the next part in hand.</summary>
    /// <param name="fits">Told its bytes and records.</param>
    /// <param name="patience">How long the next part may take to come.</param>
    /// <returns>False when there is none, none in time, or none that fits.</returns>
    public async Task<bool> MovesOnAsync(Func<long, int, bool> fits, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (await Made.WaitAsync(batches.PeekAsync(patience, cancellationToken)) is not { } next || !fits(next.Bytes, next.Records.Count))
            return false;
        _part = await batches.NextAsync(cancellationToken) ?? throw new InvalidOperationException("The next part had come, and was not there.");
        pulse.Beat("write");
        return true;
    }

    /// <summary>No more is sent.</summary>
    public void Ends() => Made.EndsWith(_part.Page);
}
