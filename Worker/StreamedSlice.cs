using Migration.Contracts.Ledger;
using Migration.Worker.Suspects;
using Migration.Worker.Targets;

namespace Migration.Worker;

/// <summary>A slice in a streamed batch, and what the one COPY has taken of it so far. For one try.</summary>
/// <param name="claim">As it stands before.</param>
/// <param name="batches">Where further parts come from; the last one that was taken is in hand afterwards.</param>
/// <param name="first">The part in hand.</param>
/// <param name="isEnough">Asked after each part: nothing more of this slice shall be taken.</param>
internal sealed class StreamedSlice(
    SliceClaim claim, MappedBatches batches, MappedBatch first, Func<bool> isEnough, BatchTry made, Pulse pulse)
{
    /// <summary>What is not ready by then is not waited for with a transaction open.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(0.1);

    private MappedBatch _part = first;

    public SliceClaim Claim { get; } = claim;

    public BatchTry Made { get; } = made;

    public long Bytes { get; private set; }

    public SliceCounts Counts { get; private set; }

    /// <summary>Records that are quarantined with it.</summary>
    public List<QuarantinedRecord> Rejected { get; } = [];

    public long RejectedBytes { get; private set; }

    /// <summary>The part in hand is the slice's last.</summary>
    public bool IsFinal => _part.Page.IsFinal;

    public bool IsEnough => IsFinal || isEnough();

    /// <summary>Where the slice goes from here, once it is written.</summary>
    public SliceAdvance Advance => new(Claim, Made.End!.Value, Counts, Made.IsFinal);

    /// <summary>The claim as it is then; null before.</summary>
    public SliceClaim? After { get; set; }

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
