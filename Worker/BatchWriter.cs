using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Worker.Suspects;
using Migration.Worker.Targets;
using Npgsql;

namespace Migration.Worker;

/// <summary>
/// Writes a slice's batches, each in one transaction with the quarantine of its records and the slice's checkpoint: a batch
/// that is kept, of which PostgreSQL may refuse rows, or one that is streamed, part after part by one COPY, of which it may
/// refuse none. For one slice.
/// </summary>
internal sealed class BatchWriter(
    CollectionRows pipeline, WorkerSettings settings, string fileHash, PageReader pages, Pulse pulse, ILogger logger)
{
    /// <summary>A COPY ends with the part that comes after this.</summary>
    private static readonly TimeSpan LongestStream = TimeSpan.FromSeconds(0.5);

    /// <summary>What is not ready by then is not waited for with a transaction open.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(0.1);

    /// <summary>Documents of quarantined records, which are kept until the end of the COPY.</summary>
    private const int MostRejectedBytes = 1024 * 1024;
    private const int MostRejected = 1_000;

    /// <exception cref="FenceLostException">The slice is somebody else's.</exception>
    /// <exception cref="NpgsqlException">Anything that is no record's fault. With an end of the try, it may have gone through.</exception>
    public async Task<SliceClaim> WriteAsync(
        NpgsqlConnection connection, SliceClaim claim, MappedBatch batch, BatchTry made, CancellationToken cancellationToken)
    {
        var page = batch.Page;
        made.Begins();
        await using var transaction = await BeginAsync(connection, page.IsFinal, cancellationToken);
        made.Sends(page);
        var outcome = await pipeline.WriteAsync(connection, transaction, batch, cancellationToken);
        var quarantined = batch.WithRefusedRows(outcome.Rejected);
        var counts = new SliceCounts(page.Records.Count, outcome.Written, quarantined.Count, outcome.Skipped);
        made.EndsWith(page);
        var after = await CommitAsync(transaction, claim, counts, quarantined, made, cancellationToken);
        pages.Sizes.Kept.Learn(made.Spent, page.Bytes, page.Records.Count);
        Instruments.Passed("write", made.Spent);
        return after;
    }

    /// <param name="batches">Where further parts come from; the last one that was taken is in hand afterwards.</param>
    /// <param name="first">The part in hand.</param>
    /// <param name="isEnough">Asked after each part.</param>
    /// <exception cref="FenceLostException">The slice is somebody else's.</exception>
    /// <exception cref="NpgsqlException">As with <see cref="WriteAsync"/>, and rows at fault, with which nothing was written.</exception>
    public async Task<SliceClaim> StreamAsync(
        NpgsqlConnection connection, SliceClaim claim, MappedBatches batches, MappedBatch first, Func<bool> isEnough, BatchTry made,
        CancellationToken cancellationToken)
    {
        made.Begins();
        await using var transaction = await BeginAsync(connection, mayBeLast: true, cancellationToken);
        var stream = new Streamed(first);
        await pipeline.StreamAsync(
            connection, transaction, (sendAsync, token) => FeedAsync(stream, sendAsync, batches, isEnough, made, token), cancellationToken);
        made.EndsWith(stream.Part.Page);
        if (!made.IsFinal)
            await WorkerSession.NeedNotBeOnDiskAsync(transaction, cancellationToken);
        var after = await CommitAsync(transaction, claim, stream.Counts, stream.Rejected, made, cancellationToken);
        pipeline.Streamed();
        pages.Sizes.Streamed.Learn(made.Spent, isFull: IsPart(stream.Bytes, Sizes.Bytes) || IsPart(stream.Counts.Read, Sizes.Records));
        Instruments.Passed("write", made.Spent);
        return after;
    }

    private async Task FeedAsync(
        Streamed stream, Func<RowBuffer, Task> sendAsync, MappedBatches batches, Func<bool> isEnough, BatchTry made, CancellationToken cancellationToken)
    {
        while (true)
        {
            made.Sends(stream.Part.Page);
            await sendAsync(stream.Part.Rows);
            stream.Count();
            if (stream.Part.Page.IsFinal || stream.HoldsMuch || made.Elapsed >= LongestStream || isEnough())
                return;
            var next = await made.WaitAsync(batches.PeekAsync(Patience, cancellationToken));
            if (next is null || stream.Bytes + next.Bytes > Sizes.Bytes || stream.Counts.Read + next.Records.Count > Sizes.Records)
                return;
            stream.Part = await batches.NextAsync(cancellationToken) ?? throw new InvalidOperationException("The next part had come, and was not there.");
            pulse.Beat("write");
        }
    }

    private BatchSize Sizes => pages.Sizes.Streamed;

    /// <summary>Enough to be a measure.</summary>
    private static bool IsPart(long some, long most) => some >= most / 4;

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
        NpgsqlTransaction transaction, SliceClaim claim, SliceCounts counts, List<QuarantinedRecord> quarantined, BatchTry made, CancellationToken cancellationToken)
    {
        await QuarantineLedger.AddAsync(transaction, claim.Id, fileHash, quarantined, cancellationToken);
        var after = await SliceLedger.AdvanceAsync(transaction, claim, made.End!.Value, counts, made.IsFinal, cancellationToken);
        ProtocolPoint.Reached(ProtocolPoint.BatchWritten, claim.Id.ToString());
        await transaction.CommitAsync(cancellationToken);
        Instruments.Committed(claim.Id.Collection, counts);
        if (quarantined.Count > 0)
            logger.Quarantined(claim.Id.ToString(), quarantined.Count);
        return after;
    }

    /// <summary>What one COPY has taken so far.</summary>
    private sealed class Streamed(MappedBatch first)
    {
        /// <summary>The one in hand, which is the last that was sent.</summary>
        public MappedBatch Part { get; set; } = first;

        public long Bytes { get; private set; }

        public SliceCounts Counts { get; private set; }

        public List<QuarantinedRecord> Rejected { get; } = [];

        /// <summary>Of records that are quarantined with it.</summary>
        public bool HoldsMuch => Rejected.Count >= MostRejected || Rejected.Sum(record => (long)record.Document.Length) >= MostRejectedBytes;

        public void Count()
        {
            Bytes += Part.Page.Bytes;
            Counts += new SliceCounts(Part.Page.Records.Count, Part.Rows.Count, Part.Rejected.Count, 0);

            // The next part's documents take the place of this one's.
            Rejected.AddRange(Part.Rejected.Select(record => record with { Document = record.Document.ToArray() }));
        }
    }
}
