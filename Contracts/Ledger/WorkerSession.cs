using System.Globalization;
using Npgsql;

namespace Migration.Contracts.Ledger;

/// <summary>What a worker's sessions on the target have in common.</summary>
public static class WorkerSession
{
    private const string Prefix = "migration worker ";

    /// <summary>PostgreSQL keeps 63 bytes of an application name; the end of a worker's name is what tells two apart.</summary>
    private const int KeptOfName = 40;

    /// <summary>
    /// For the transaction in which a batch is written, which holds locks on rows and on the slice. A worker that stands
    /// still or whose machine vanished says no goodbye, and whoever takes the slice over would wait for those locks: idle,
    /// for ever; with a machine that vanished, two hours. With these it is as long as the lease, and 35 seconds.
    /// </summary>
    /// <remarks>
    /// A batch that is not its slice's last need not be on disk when the next one begins: should the server crash and forget
    /// the last of them, their rows and the checkpoint go together, and the slice is read from where the checkpoint then
    /// stands. What ends a slice is waited for, with all that was committed before it, for afterwards nobody would look.
    /// </remarks>
    public static async Task BeginBatchAsync(
        NpgsqlTransaction transaction, TimeSpan lease, bool isLast, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        await using var settings = new NpgsqlCommand(
            """
            SELECT set_config('idle_in_transaction_session_timeout', $1, true), set_config('tcp_keepalives_idle', '20', true),
                   set_config('tcp_keepalives_interval', '5', true), set_config('tcp_keepalives_count', '3', true),
                   CASE WHEN NOT $2 THEN set_config('synchronous_commit', 'off', true) END
            """,
            transaction.Connection, transaction)
        {
            Parameters =
            {
                new() { Value = ((long)lease.TotalMilliseconds).ToString(CultureInfo.InvariantCulture) },
                new() { Value = isLast },
            },
        };
        await settings.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>For a batch of which only its end tells whether it is the slice's last: begun as one, it is none.</summary>
    public static async Task NeedNotBeOnDiskAsync(NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        await using var setting = new NpgsqlCommand("SELECT set_config('synchronous_commit', 'off', true)", transaction.Connection, transaction);
        await setting.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>In SQL, of a row <c>w</c> of <c>migration.worker</c>.</summary>
    internal const string ApplicationNameInSql = "'migration worker ' || right(w.name, 40)";

    /// <summary>
    /// A pool for a worker. What its sessions are told once stays: nothing else outlives a transaction but temporary tables,
    /// which are made to be used again.
    /// </summary>
    public static NpgsqlDataSource Open(NpgsqlConnectionStringBuilder connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        connection.NoResetOnClose = true;
        var builder = new NpgsqlDataSourceBuilder(connection.ConnectionString);
        builder.UsePhysicalConnectionInitializer(
            session =>
            {
                using var wait = new NpgsqlCommand(CommitDurability.WaitForDisk, session);
                wait.ExecuteNonQuery();
            },
            async session =>
            {
                await using var wait = new NpgsqlCommand(CommitDurability.WaitForDisk, session);
                await wait.ExecuteNonQueryAsync();
            });
        return builder.Build();
    }

    /// <param name="worker">The name under which it is registered in the ledger.</param>
    public static string ApplicationName(string worker)
    {
        ArgumentNullException.ThrowIfNull(worker);
        return Prefix + worker[Math.Max(0, worker.Length - KeptOfName)..];
    }
}
