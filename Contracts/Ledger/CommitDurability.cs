using Npgsql;

namespace Migration.Contracts.Ledger;

/// <summary>
/// Whether a commit is on disk when it returns. <c>synchronous_commit = off</c> is often set for whoever loads much; the
/// ledger cannot live with it, for what it has confirmed is acted upon.
/// </summary>
public static class CommitDurability
{
    /// <summary>For a session that keeps what it is set to.</summary>
    internal const string WaitForDisk = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

    /// <summary>For sessions that forget such settings when their connection goes back to its pool: their user's own must do.</summary>
    /// <returns>What to mend, or null.</returns>
    public static async Task<string?> FindProblemAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return await connection.ScalarAsync<string>("SELECT current_setting('synchronous_commit')", cancellationToken) == "off"
            ? $"synchronous_commit is off for user '{connection.UserName}': a crash of PostgreSQL could forget what the ledger has confirmed, even that a run is "
                + $"complete. Set it: ALTER ROLE \"{connection.UserName}\" SET synchronous_commit = on. Batches of rows do not wait for the disk anyway."
            : null;
    }
}
