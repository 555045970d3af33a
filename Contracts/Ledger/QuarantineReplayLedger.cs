using Npgsql;

namespace Migration.Contracts.Ledger;

/// <summary>Takes records out of quarantine: in one transaction with the rows that they have become at last.</summary>
/// <remarks>
/// A record is locked, written, marked as resolved and moved from its slice's count of quarantined to that of written (or
/// skipped) records; all of it commits or none. A record that is refused once more stays, with the new reason. Either
/// way it bears the replay's id, so that a replay meets it once, and tried again after a lost answer finds nothing to do.
/// </remarks>
public static class QuarantineReplayLedger
{
    /// <summary>
    /// What stands for the exception where a record took its workers down: a replay, which has all records in one process,
    /// leaves such ones alone unless their cause is named.
    /// </summary>
    public const string WorkerDied = "WorkerDied";

    /// <summary>
    /// The next records of a collection that the replay has not tried, by slice and id, as many as fit into
    /// <paramref name="mostBytes"/> and at least one. Their documents are not read here.
    /// </summary>
    /// <param name="after">The last one of the page before.</param>
    public static async Task<List<QuarantineKey>> ListAsync(
        NpgsqlDataSource target, Guid runId, string collection, string? cause, Guid? replayId, QuarantineKey after, int most,
        long mostBytes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(after);
        var found = await target.QueryAsync(
            """
            SELECT slice, id, octet_length(document) FROM migration.quarantine
            WHERE run_id = $1 AND collection = $2 AND resolved_at IS NULL AND ($3::text IS NULL OR fingerprint = $3)
              AND ($3::text IS NOT NULL OR exception IS DISTINCT FROM $8)
              AND replay_id IS DISTINCT FROM $4 AND (slice, id) > ($5, $6)
            ORDER BY slice, id LIMIT $7
            """,
            row => (Key: new QuarantineKey(row.GetInt32(0), row.GetInt64(1)), Bytes: row.GetInt32(2)), cancellationToken,
            runId, collection, cause, replayId ?? Guid.Empty, after.Slice, after.Id, most, WorkerDied);
        long bytes = 0;
        return [.. found.TakeWhile((row, i) => (bytes += row.Bytes) <= mostBytes || i == 0).Select(row => row.Key)];
    }

    /// <summary>The records, locked until the transaction ends; without those that somebody has tried meanwhile.</summary>
    public static async Task<List<HeldRecord>> LockAsync(
        NpgsqlTransaction transaction, Guid? replayId, IReadOnlyCollection<QuarantineKey> keys, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        await using var command = new NpgsqlCommand(
            """
            SELECT slice, id, document, document_json IS NOT NULL OR record_id IS NOT NULL, stage, column_name, sqlstate, message, fingerprint, exception
            FROM migration.quarantine
            WHERE id = ANY($1) AND resolved_at IS NULL AND replay_id IS DISTINCT FROM $2
            ORDER BY slice, id FOR NO KEY UPDATE
            """,
            transaction.Connection, transaction)
        { Parameters = { new() { Value = keys.Select(key => key.Id).ToArray() }, new() { Value = replayId ?? Guid.Empty } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var held = new List<HeldRecord>();
        while (await reader.ReadAsync(cancellationToken))
        {
            held.Add(new HeldRecord(
                new QuarantineKey(reader.GetInt32(0), reader.GetInt64(1)), reader.GetFieldValue<byte[]>(2), reader.GetBoolean(3),
                reader.GetString(4), reader.Text(5), reader.Text(6), reader.GetString(7), reader.GetString(8), reader.Text(9)));
        }

        return held;
    }

    /// <summary>They are rows now, or were skipped as the target had their key: quarantined no more.</summary>
    public static Task ResolveAsync(
        NpgsqlTransaction transaction, Guid replayId, IReadOnlyCollection<QuarantineKey> keys, CancellationToken cancellationToken)
        => Connection(transaction).ExecuteAsync(
            "UPDATE migration.quarantine SET resolved_at = clock_timestamp(), replay_id = $1 WHERE id = ANY($2)",
            cancellationToken, replayId, keys.Select(key => key.Id).ToArray());

    /// <summary>It was refused once more, for this reason.</summary>
    public static Task RefuseAsync(
        NpgsqlTransaction transaction, Guid replayId, QuarantineKey key, string fileHash, QuarantinedRecord reason,
        CancellationToken cancellationToken)
        => Connection(transaction).ExecuteAsync(
            """
            UPDATE migration.quarantine
            SET replay_id = $1, stage = $3, column_name = $4, sqlstate = $5, message = $6, fingerprint = $7, file_hash = $8,
                exception = $9,
                -- Since when it stands there for this cause.
                quarantined_at = CASE WHEN fingerprint = $7 THEN quarantined_at ELSE clock_timestamp() END
            WHERE id = $2
            """,
            cancellationToken, replayId, key.Id, reason.Stage, reason.Column, reason.SqlState,
            LedgerText.Storable(reason.Message), reason.Fingerprint, fileHash, reason.Exception);

    /// <summary>Moves so many of a slice's quarantined records to its written and skipped ones.</summary>
    /// <exception cref="PostgresException">The slice has not that many (the ledger's check constraints).</exception>
    public static async Task MoveCountsAsync(
        NpgsqlTransaction transaction, SliceId slice, long written, long skipped, CancellationToken cancellationToken)
    {
        var moved = await Connection(transaction).ExecuteAsync(
            """
            UPDATE migration.slice
            SET written = written + $4, skipped = skipped + $5, quarantined = quarantined - $4 - $5
            WHERE run_id = $1 AND collection = $2 AND number = $3
            """,
            cancellationToken, slice.RunId, slice.Collection, slice.Number, written, skipped);
        if (moved != 1)
            throw new LedgerException($"{slice} is not in the ledger; nothing of this batch was replayed.");
    }

    /// <summary>Adds a batch's records to what the report tells of the replay.</summary>
    public static Task CountAsync(
        NpgsqlTransaction transaction, Guid replayId, long written, long skipped, long quarantined, CancellationToken cancellationToken)
        => Connection(transaction).ExecuteAsync(
            """
            UPDATE migration.replay
            SET records = records + $2 + $3 + $4, written = written + $2, skipped = skipped + $3, quarantined = quarantined + $4
            WHERE id = $1
            """,
            cancellationToken, replayId, written, skipped, quarantined);

    private static NpgsqlConnection Connection(NpgsqlTransaction transaction)
        => transaction?.Connection ?? throw new ArgumentException("The transaction has ended.", nameof(transaction));
}

/// <summary>Where a record stands in quarantine: its slice, then its number.</summary>
public sealed record QuarantineKey(int Slice, long Id)
{
    /// <summary>Before the first.</summary>
    public static QuarantineKey Start { get; } = new(-1, 0);
}

/// <summary>A record in quarantine, held for a replay.</summary>
/// <param name="IsDocument">False when its bytes could not even be read as a document.</param>
/// <param name="Stage">As it was refused last; so are the others.</param>
public sealed record HeldRecord(
    QuarantineKey Key, byte[] Document, bool IsDocument, string Stage, string? Column, string? SqlState, string Message,
    string Fingerprint, string? Exception);
