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
    /// The parameter is the lease in milliseconds.
    /// </summary>
    public const string LimitsOfTransaction =
        """
        SELECT set_config('idle_in_transaction_session_timeout', $1, true), set_config('tcp_keepalives_idle', '20', true),
               set_config('tcp_keepalives_interval', '5', true), set_config('tcp_keepalives_count', '3', true)
        """;

    /// <summary>In SQL, of a row <c>w</c> of <c>migration.worker</c>.</summary>
    internal const string ApplicationNameInSql = "'migration worker ' || right(w.name, 40)";

    /// <param name="worker">The name under which it is registered in the ledger.</param>
    public static string ApplicationName(string worker)
    {
        ArgumentNullException.ThrowIfNull(worker);
        return Prefix + worker[Math.Max(0, worker.Length - KeptOfName)..];
    }
}
