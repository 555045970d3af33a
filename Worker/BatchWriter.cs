using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Worker.Suspects;
using Npgsql;

namespace Migration.Worker;

/// <summary>
/// Writes a slice's batches, each in one transaction with the quarantine of its records and the slice's checkpoint: a batch
/// that is kept, of which PostgreSQL may refuse rows, or one that is streamed, part after part by one COPY, of which it may
/// refuse none. For one slice.
/// </summary>
internal sealed class BatchWriter(
    CollectionRows pipeline, WorkerSettings settings, string fileHash, PageReader pages, Pulse pulse, TimeProvider time, ILogger logger)
{
    /// <summary>A COPY ends with the part that comes after this.</summary>
    private static readonly TimeSpan LongestStream = TimeSpan.FromSeconds(0.5);

    /// <summary>What is not ready by then is not waited for with a transaction open.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(0.1);

    /// <summary>Documents of quarantined records, which are kept until the end of the COPY.</summary>
    private const int MostRejectedBytes = 1024 * 1024;
    private const int MostRejected = 1_000;

    /// <summary>Where the checkpoint stands if what was tried last went through; null where that cannot be.</summary>
    public RecordPosition? Last { get; private set; }

    /// <summary>The last record of what was written is the slice's last.</summary>
    public bool IsFinal { get; private set; }

    /// <exception cref="FenceLostException">The slice is somebody else's.</exception>
    /// <exception cref="NpgsqlException">Anything that is no record's fault. Unless it happened before the commit, it may have gone through.</exception>
    public async Task<SliceClaim> WriteAsync(NpgsqlConnection connection, SliceClaim claim, MappedBatch batch, CancellationToken cancellationToken)
    {
        var page = batch.Page;
        (Last, IsFinal) = (page.Last, page.IsFinal);
        var started = time.GetTimestamp();
        await using var transaction = await BeginAsync(connection, page.IsFinal, cancellationToken);
        var outcome = await pipeline.WriteAsync(connection, transaction, batch, cancellationToken);
        var quarantined = batch.WithRefusedRows(outcome.Rejected);
        var counts = new SliceCounts(page.Records.Count, outcome.Written, quarantined.Count, outcome.Skipped);
        var after = await CommitAsync(transaction, claim, counts, quarantined, cancellationToken);
        pages.Sizes.Kept.Learn(time.GetElapsedTime(started), page.Bytes, page.Records.Count);
        Instruments.Passed("write", started, time);
        return after;
    }

    /// <param name="batches">Where further parts come from; the last one that was taken is in hand afterwards.</param>
    /// <param name="first">The part in hand.</param>
    /// <param name="isEnough">Asked after each part.</param>
    /// <exception cref="FenceLostException">The slice is somebody else's.</exception>
    /// <exception cref="NpgsqlException">As with <see cref="WriteAsync"/>, and rows at fault, with which nothing was written.</exception>
    public async Task<SliceClaim> StreamAsync(
        NpgsqlConnection connection, SliceClaim claim, MappedBatches batches, MappedBatch first, Func<bool> isEnough, CancellationToken cancellationToken)
    {
        (Last, IsFinal) = (null, false);
        var started = time.GetTimestamp();
        await using var transaction = await BeginAsync(connection, mayBeLast: true, cancellationToken);
        var (part, bytes, counts, rejected) = (first, 0L, new SliceCounts(0, 0, 0, 0), new List<QuarantinedRecord>());
        await pipeline.StreamAsync(connection, transaction, FeedAsync, cancellationToken);
        (Last, IsFinal) = (part.Page.Last, part.Page.IsFinal);
        if (!IsFinal)
            await WorkerSession.NeedNotBeOnDiskAsync(transaction, cancellationToken);
        var after = await CommitAsync(transaction, claim, counts, rejected, cancellationToken);
        pipeline.Streamed();
        pages.Sizes.Streamed.Learn(time.GetElapsedTime(started), bytes, (int)counts.Read);
        Instruments.Passed("write", started, time);
        return after;

        async Task FeedAsync(Func<Targets.RowBuffer, Task> sendAsync, CancellationToken token)
        {
            for (; ; part = await TakeAsync(batches, token))
            {
                await sendAsync(part.Rows);
                bytes += part.Page.Bytes;
                counts += new SliceCounts(part.Page.Records.Count, part.Rows.Count, part.Rejected.Count, 0);
                rejected.AddRange(part.Rejected.Select(Own));
                if (part.Page.IsFinal || IsFull(bytes, counts.Read, rejected) || time.GetElapsedTime(started) >= LongestStream || isEnough()
                    || !await batches.ComesWithinAsync(Patience, token))
                    return;
            }
        }
    }

    private async Task<MappedBatch> TakeAsync(MappedBatches batches, CancellationToken cancellationToken)
    {
        var part = await batches.NextAsync(cancellationToken);
        pulse.Beat("write");
        return part ?? throw new InvalidOperationException("The next part had come, and was not there.");
    }

    /// <summary>The next part might be too much.</summary>
    private bool IsFull(long bytes, long records, List<QuarantinedRecord> rejected)
        => bytes + pages.PartBytes > pages.Sizes.Streamed.Bytes || records + pages.Sizes.PartRecords > pages.Sizes.Streamed.Records
            || rejected.Count >= MostRejected || rejected.Sum(record => (long)record.Document.Length) >= MostRejectedBytes;

    /// <summary>The next part's documents take the place of this one's.</summary>
    private static QuarantinedRecord Own(QuarantinedRecord record) => record with { Document = record.Document.ToArray() };

    private async Task<NpgsqlTransaction> BeginAsync(NpgsqlConnection connection, bool mayBeLast, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(cancellationToken);
        try
        {
            await WorkerSession.BeginBatchAsync(transaction, TimeSpan.FromSeconds(settings.LeaseSeconds), mayBeLast, cancellationToken);
            return transaction;
        }
        catch
        {
            await transaction.DisposeAsync();
            throw;
        }
    }

    private async Task<SliceClaim> CommitAsync(
        NpgsqlTransaction transaction, SliceClaim claim, SliceCounts counts, List<QuarantinedRecord> quarantined, CancellationToken cancellationToken)
    {
        await QuarantineLedger.AddAsync(transaction, claim.Id, fileHash, quarantined, cancellationToken);
        var after = await SliceLedger.AdvanceAsync(transaction, claim, Last!.Value, counts, IsFinal, cancellationToken);
        ProtocolPoint.Reached(ProtocolPoint.BatchWritten, claim.Id.ToString());
        await transaction.CommitAsync(cancellationToken);
        Instruments.Committed(claim.Id.Collection, counts);
        if (quarantined.Count > 0)
            logger.Quarantined(claim.Id.ToString(), quarantined.Count);
        return after;
    }
}
