namespace Migration.Chaos.Tests.Faults;

/// <summary>An operator ends every session of the programs on the target.</summary>
internal sealed class ConnectionsEnded(string name, Moment moment) : OutsideFault(name, "end connections to target", moment)
{
    protected override Task HappenAsync(Theatre theatre, CancellationToken cancellation)
        => theatre.AskAsync<long>(
            """
            SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name <> 'chaos'
            """,
            cancellation);
}
