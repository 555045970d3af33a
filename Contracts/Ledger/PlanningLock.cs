using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Migration.Contracts.Ledger;

/// <summary>Only one process at a time plans a collection of a run; the others wait for it and then find the plan.</summary>
public sealed class PlanningLock : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private PlanningLock(NpgsqlConnection connection, NpgsqlTransaction transaction)
        => (_connection, _transaction) = (connection, transaction);

    public static async Task<PlanningLock> WaitAsync(
        NpgsqlDataSource target, Guid runId, string collection, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        var key = SHA256.HashData(Encoding.UTF8.GetBytes($"migration plan {runId} {collection}"));
        var connection = await target.OpenConnectionAsync(cancellationToken);
        var transaction = await connection.BeginTransactionAsync(cancellationToken);

        // The lock goes with the transaction, however this process ends. The wait may be as long as a walk over the keys.
        await using var command = new NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", connection, transaction)
        {
            CommandTimeout = 0,
            Parameters = { new() { Value = BinaryPrimitives.ReadInt64BigEndian(key) } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
        return new PlanningLock(connection, transaction);
    }

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
