using Npgsql;

namespace Migration.Contracts.Ledger;

/// <summary>How long things took, by the database's clock.</summary>
public sealed class TimingLedger(NpgsqlDataSource target)
{
    /// <summary>The database's time; what the ledger's times are to be held against.</summary>
    public async Task<DateTimeOffset> NowAsync(CancellationToken cancellationToken)
        => (await target.QueryAsync(
            "SELECT clock_timestamp()", row => row.GetFieldValue<DateTimeOffset>(0), cancellationToken)).Single();

    /// <summary>By collection; those of which no slice was ever claimed are left out.</summary>
    public async Task<Dictionary<string, CollectionTiming>> ByCollectionAsync(Guid runId, CancellationToken cancellationToken)
        => (await target.QueryAsync(
            """
            SELECT collection, sum(greatest(attempts - 1, 0))::bigint,
                   coalesce(extract(epoch FROM max(greatest(progressed_at, finished_at)) - min(claimed_at)), 0)::float8
            FROM migration.slice WHERE run_id = $1 AND claimed_at IS NOT NULL
            GROUP BY collection
            """,
            row => (Collection: row.GetString(0), Timing: new CollectionTiming(row.GetInt64(1), row.GetDouble(2))),
            cancellationToken, runId))
            .ToDictionary(row => row.Collection, row => row.Timing, StringComparer.Ordinal);
}

/// <summary>How the work on a collection went.</summary>
/// <param name="Interruptions">Claims of its slices beyond each one's first: workers that died, lost a server or failed.</param>
/// <param name="Seconds">From the first claim to the last commit, pauses included.</param>
public sealed record CollectionTiming(long Interruptions, double Seconds);
