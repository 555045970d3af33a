namespace Migration.Benchmarks.Preparing;

/// <summary>When things happened in a run, by the database's clock, which is this machine's.</summary>
/// <param name="FirstClaim">Seconds since 1970.</param>
/// <param name="LastCommit">Seconds since 1970.</param>
/// <param name="PlanningSeconds">From the run's entry in the ledger to its plan: looking at the source, a sample, the walk over all keys, the slices.</param>
internal sealed record LedgerTimes(double FirstClaim, double LastCommit, double PlanningSeconds, int Slices)
{
    public const string Query =
        """
        SELECT extract(epoch FROM min(s.claimed_at))::float8, extract(epoch FROM max(s.progressed_at))::float8,
            extract(epoch FROM max(c.planned_at) - max(r.created_at))::float8, count(*)::int
        FROM migration.run r
        JOIN migration.collection c ON c.run_id = r.id
        JOIN migration.slice s ON s.run_id = r.id AND s.collection = c.name
        """;
}
