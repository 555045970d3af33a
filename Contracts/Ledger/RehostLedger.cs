using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Migration.Contracts.Ledger;

/// <summary>What a run has copied into a store, by the link that it came from.</summary>
/// <param name="store">Folder, or endpoint and bucket with prefix.</param>
public sealed class RehostLedger(NpgsqlDataSource target, Guid runId, string store)
{
    /// <returns>Null when no worker has stored it yet.</returns>
    public async Task<RehostedContent?> FindAsync(string link, CancellationToken cancellationToken)
    {
        await using var command = target.CreateCommand(
            "SELECT key, media_type, bytes FROM migration.rehosted WHERE run_id = $1 AND store = $2 AND link = $3");
        AddKey(command, link);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new RehostedContent(reader.GetString(0), reader.GetString(1), reader.GetInt64(2))
            : null;
    }

    /// <summary>Only after the content is in the store. Whoever notes a link first is right.</summary>
    public async Task AddAsync(string link, RehostedContent content, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        await using var command = target.CreateCommand(
            "INSERT INTO migration.rehosted (run_id, store, link, key, media_type, bytes) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING");
        AddKey(command, link);
        command.Parameters.Add(new() { Value = content.Key });
        command.Parameters.Add(new() { Value = content.MediaType });
        command.Parameters.Add(new() { Value = content.Bytes });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private void AddKey(NpgsqlCommand command, string link)
    {
        command.Parameters.Add(new() { Value = runId });
        command.Parameters.Add(new() { Value = store });
        command.Parameters.Add(new() { Value = SHA256.HashData(Encoding.UTF8.GetBytes(link)) });
    }
}

/// <param name="Key">In the store, made of the content.</param>
/// <param name="MediaType">As the content shows it.</param>
public sealed record RehostedContent(string Key, string MediaType, long Bytes);
