using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Worker;
using Migration.Worker.Enrichment;
using Migration.Worker.Sources;
using Migration.Worker.Targets;
using Npgsql;

namespace Migration.Coordinator.Replay;

/// <summary>
/// Sends the quarantined records of one collection through its current mapping into its table, a batch a transaction; in
/// a rehearsal each batch is rolled back again.
/// </summary>
/// <remarks>
/// Rows are written slice by slice within a batch, as only the sum of written and skipped rows is told and each slice
/// keeps its own counts. Memory is a batch, whatever is in quarantine.
/// </remarks>
internal sealed class QuarantineReplayer(
    RunRecord run, CollectionRows pipeline, string fileHash, NpgsqlDataSource target, TimeProvider time, ILogger logger)
{
    private const int BatchRecords = 1000;
    private const long BatchBytes = 4 * 1024 * 1024;

    private readonly LostSessions _lost = new(target);

    private string Collection => pipeline.Mapping.Name;

    /// <param name="replayId">Null for a rehearsal.</param>
    /// <param name="most">Records at most.</param>
    /// <param name="tell">Called after each batch.</param>
    public async Task ReplayAsync(
        Guid? replayId, string? cause, long most, Action<ReplayedRecords> tell, CancellationToken cancellationToken)
    {
        var after = QuarantineKey.Start;
        while (most > 0 && await NextAsync(replayId, cause, after, most, cancellationToken) is { Count: > 0 } keys)
        {
            tell(await TransientRetry.Create($"Replaying {Collection}", logger, time).ExecuteAsync(
                async token =>
                {
                    await _lost.EndAsync(token);
                    return await _lost.RunAsync(connection => ReplayAsync(connection, replayId, keys, token), token);
                },
                cancellationToken));
            ProtocolPoint.Reached(ProtocolPoint.ReplayCommitted, Collection);
            after = keys[^1];
            most -= keys.Count;
        }
    }

    private async Task<List<QuarantineKey>> NextAsync(
        Guid? replayId, string? cause, QuarantineKey after, long most, CancellationToken cancellationToken)
        => await TransientRetry.Create($"Reading the quarantine of {Collection}", logger, time).ExecuteAsync(
            async token => await QuarantineReplayLedger.ListAsync(
                target, run.Id, Collection, cause, replayId, after, (int)Math.Min(BatchRecords, most), BatchBytes, token),
            cancellationToken);

    private async Task<ReplayedRecords> ReplayAsync(
        NpgsqlConnection connection, Guid? replayId, List<QuarantineKey> keys, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var held = await QuarantineReplayLedger.LockAsync(transaction, replayId, keys, cancellationToken);
        var replayed = new ReplayedRecords();
        using var batch = new MappedBatch(pipeline);
        foreach (var slice in held.GroupBy(record => record.Key.Slice))
            await ReplayAsync(transaction, replayId, slice.Key, [.. slice], batch, replayed, cancellationToken);
        if (replayId is { } id)
        {
            await QuarantineReplayLedger.CountAsync(
                transaction, id, replayed.Written, replayed.Skipped, replayed.RefusedCount, cancellationToken);
            ProtocolPoint.Reached(ProtocolPoint.ReplayWritten, Collection);
            await transaction.CommitAsync(cancellationToken);
        }

        return replayed;
    }

    private async Task ReplayAsync(
        NpgsqlTransaction transaction, Guid? replayId, int slice, List<HeldRecord> records, MappedBatch batch,
        ReplayedRecords replayed, CancellationToken cancellationToken)
    {
        var (mapped, refused) = Map(records, batch);
        if (pipeline.Enrichment is { } enrichment)
            await EnrichAsync(enrichment, mapped, refused, batch, cancellationToken);
        var outcome = await pipeline.WriteAsync(transaction.Connection!, transaction, batch, cancellationToken);
        refused.AddRange(outcome.Rejected.Select(row => (mapped[row.Row], Describe(mapped[row.Row], row.Rejection))));
        replayed.Add(outcome.Written, outcome.Skipped, records, refused);
        if (replayId is not { } id)
            return;

        var stays = refused.Select(pair => pair.Record.Key).ToHashSet();
        await QuarantineReplayLedger.ResolveAsync(
            transaction, id, [.. records.Select(record => record.Key).Where(key => !stays.Contains(key))], cancellationToken);
        foreach (var (record, reason) in refused)
            await QuarantineReplayLedger.RefuseAsync(transaction, id, record.Key, fileHash, reason, cancellationToken);
        await QuarantineReplayLedger.MoveCountsAsync(
            transaction, new SliceId(run.Id, Collection, slice), outcome.Written, outcome.Skipped, cancellationToken);
    }

    /// <summary>What could not even be read as a document is no document by now: it stays, with its reason.</summary>
    private (List<HeldRecord> Mapped, List<(HeldRecord Record, QuarantinedRecord Reason)> Refused) Map(
        List<HeldRecord> records, MappedBatch batch)
    {
        var mapped = new List<HeldRecord>();
        var refused = new List<(HeldRecord, QuarantinedRecord)>();
        batch.Clear();
        foreach (var record in records)
        {
            if (!record.IsDocument)
                refused.Add((record, Unchanged(record)));
            else if (batch.TryMap(new SourceRecord(record.Document)) is { } rejection)
                refused.Add((record, Describe(record, rejection)));
            else
                mapped.Add(record);
        }

        return (mapped, refused);
    }

    /// <summary>The transaction waits meanwhile, with nothing locked but the records themselves.</summary>
    private async Task EnrichAsync(
        RowEnrichment enrichment, List<HeldRecord> mapped, List<(HeldRecord Record, QuarantinedRecord Reason)> refused,
        MappedBatch batch, CancellationToken cancellationToken)
    {
        foreach (var row in batch.Rewrite(await enrichment.EnrichAllAsync(batch.Rows, batch.Children, cancellationToken)).Reverse())
        {
            refused.Add((mapped[row.Row], Describe(mapped[row.Row], row.Rejection)));
            mapped.RemoveAt(row.Row);
        }
    }

    private QuarantinedRecord Describe(HeldRecord record, Worker.Mapping.RecordRejection rejection)
        => Quarantine.Record(Collection, new SourceRecord(record.Document), rejection);

    private static QuarantinedRecord Unchanged(HeldRecord record)
        => new(null, record.Document, null, record.Stage, record.Column, record.SqlState, record.Message, record.Fingerprint, record.Exception);
}
