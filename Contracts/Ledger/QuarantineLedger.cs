using Npgsql;
using NpgsqlTypes;

namespace Migration.Contracts.Ledger;

/// <summary>Keeps records that could not be migrated.</summary>
public static class QuarantineLedger
{
    /// <summary>Within the transaction of the batch that the records were read in, so that counts and records agree.</summary>
    public static async Task AddAsync(
        NpgsqlTransaction transaction, SliceId slice, string fileHash, IReadOnlyCollection<QuarantinedRecord> records,
        CancellationToken cancellationToken)
    {
        if (records.Count == 0)
            return;

        await using var import = await transaction.Connection!.BeginBinaryImportAsync(
            """
            COPY migration.quarantine (run_id, collection, slice, record_id, document, document_json, stage, column_name,
                                       sqlstate, message, fingerprint, file_hash, exception) FROM STDIN (FORMAT BINARY)
            """,
            cancellationToken);
        foreach (var record in records)
        {
            await import.StartRowAsync(cancellationToken);
            await import.WriteAsync(slice.RunId, NpgsqlDbType.Uuid, cancellationToken);
            await import.WriteAsync(slice.Collection, NpgsqlDbType.Text, cancellationToken);
            await import.WriteAsync(slice.Number, NpgsqlDbType.Integer, cancellationToken);
            await TextAsync(import, record.RecordId, NpgsqlDbType.Text, cancellationToken);
            await import.WriteAsync(record.Document, NpgsqlDbType.Bytea, cancellationToken);
            await TextAsync(import, record.DocumentJson, NpgsqlDbType.Json, cancellationToken);
            await import.WriteAsync(record.Stage, NpgsqlDbType.Text, cancellationToken);
            await TextAsync(import, record.Column, NpgsqlDbType.Text, cancellationToken);
            await TextAsync(import, record.SqlState, NpgsqlDbType.Text, cancellationToken);
            await TextAsync(import, record.Message, NpgsqlDbType.Text, cancellationToken);
            await import.WriteAsync(record.Fingerprint, NpgsqlDbType.Text, cancellationToken);
            await import.WriteAsync(fileHash, NpgsqlDbType.Text, cancellationToken);
            await TextAsync(import, record.Exception, NpgsqlDbType.Text, cancellationToken);
        }

        await import.CompleteAsync(cancellationToken);
    }

    private static Task TextAsync(
        NpgsqlBinaryImporter import, string? text, NpgsqlDbType type, CancellationToken cancellationToken)
        => text is null
            ? import.WriteNullAsync(cancellationToken)
            : import.WriteAsync(LedgerText.Storable(text), type, cancellationToken);
}
