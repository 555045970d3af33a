using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Migration.Contracts.Ledger;

/// <summary>Only one process at a time plans a collection of a run; the others wait for it and then find the plan.</summary>
public sealed class PlanningLock : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.5);

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
        try
        {
            return new PlanningLock(connection, await WaitAsync(connection, BinaryPrimitives.ReadInt64BigEndian(key), cancellationToken));
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <remarks>
    /// The lock goes with the transaction, however this process ends, and its machine. It is asked for again and again: the
    /// wait may be as long as a walk over the keys, and a lost answer must not look like one.
    /// </remarks>
    private static async Task<NpgsqlTransaction> WaitAsync(NpgsqlConnection connection, long key, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            SELECT pg_try_advisory_xact_lock($1), set_config('tcp_keepalives_idle', '20', true),
                   set_config('tcp_keepalives_interval', '5', true), set_config('tcp_keepalives_count', '3', true)
            """,
            connection, transaction)
        {
            Parameters = { new() { Value = key } },
        };
        while (await command.ExecuteScalarAsync(cancellationToken) is not true)
            await Task.Delay(Interval, cancellationToken);
        return transaction;
    }

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
