using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Worker.Targets;
using Npgsql;

namespace Migration.Worker;

/// <summary>
/// Writes batches, each in one transaction with the quarantine of its records and the checkpoints of its slices: a batch
/// that is kept, of which PostgreSQL may refuse rows, or one that is streamed, part after part by one COPY, of which it may
/// refuse none. For one attempt.
/// </summary>
internal sealed class BatchWriter(
    CollectionRows pipeline, WorkerSettings settings, string fileHash, PageReader pages, ILogger logger)
{
    /// <summary>A COPY ends with the part that comes after this.</summary>
    private static readonly TimeSpan LongestStream = TimeSpan.FromSeconds(0.5);

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

    /// <summary>Streams a slice, and those that follow it, as long as it does not take long.</summary>
    /// <exception cref="FenceLostException">One of the slices is somebody else's.</exception>
    /// <exception cref="NpgsqlException">As with <see cref="WriteAsync"/>, and rows at fault, with which nothing was written.</exception>
    public async Task StreamAsync(NpgsqlConnection connection, StreamedBatch batch, CancellationToken cancellationToken)
    {
        batch.First.Made.Begins();
        await using var transaction = await BeginAsync(connection, mayBeLast: true, cancellationToken);
        await pipeline.StreamAsync(connection, transaction, (sendAsync, token) => FeedAsync(batch, sendAsync, token), cancellationToken);
        if (!batch.Slices.Any(slice => slice.Made.IsFinal))
            await WorkerSession.NeedNotBeOnDiskAsync(transaction, cancellationToken);
        await CommitAsync(transaction, batch, cancellationToken);
        pipeline.Streamed();
        pages.Sizes.Streamed.Learn(batch.Spent, isFull: IsPart(batch.Bytes, Sizes.Bytes) || IsPart(batch.Records, Sizes.Records));
        Instruments.Passed("write", batch.Spent);
    }

    private async Task FeedAsync(StreamedBatch batch, Func<RowBuffer, Task> sendAsync, CancellationToken cancellationToken)
    {
        for (var slice = batch.First; slice is not null;
            slice = IsEnough() ? null : await batch.TakeNextAsync(Fits, StreamedSlice.Patience, cancellationToken))
        {
            do
                await slice.SendAsync(sendAsync);
            while (!IsEnough() && !slice.IsEnough && await slice.MovesOnAsync(Fits, StreamedSlice.Patience, cancellationToken));
            slice.Ends();
        }

        bool IsEnough() => batch.HoldsMuch || batch.Elapsed >= LongestStream;
        bool Fits(long bytes, int records) => batch.Bytes + bytes <= Sizes.Bytes && batch.Records + records <= Sizes.Records;
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
        Tell(claim.Id, counts);
        return after;
    }

    private async Task CommitAsync(NpgsqlTransaction transaction, StreamedBatch batch, CancellationToken cancellationToken)
    {
        foreach (var slice in batch.Slices)
            await QuarantineLedger.AddAsync(transaction, slice.Claim.Id, fileHash, slice.Rejected, cancellationToken);
        await batch.AdvanceAsync(transaction, cancellationToken);
        foreach (var slice in batch.Slices)
            ProtocolPoint.Reached(ProtocolPoint.BatchWritten, slice.Claim.Id.ToString());
        await transaction.CommitAsync(cancellationToken);
        foreach (var slice in batch.Slices)
            Tell(slice.Claim.Id, slice.Counts);
    }

    private void Tell(SliceId id, SliceCounts counts)
    {
        Instruments.Committed(id.Collection, counts);
        if (counts.Quarantined > 0)
            logger.Quarantined(id.ToString(), (int)counts.Quarantined);
    }
}
