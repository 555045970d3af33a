using Npgsql;

namespace Migration.Contracts.Ledger;

/// <summary>What is built after the load, and what came of it.</summary>
public sealed class BuildLedger(NpgsqlDataSource target)
{
    private const string IsBuild = "run_id = $1 AND kind = $2 AND table_name = $3 AND name = $4";

    /// <summary>
    /// Makes the list that of the migration file: what is new waits, what is not wanted any more is forgotten (and stays in
    /// the database), what failed or was interrupted waits again. Sequences and statistics wait again in any case: rows may
    /// have come since.
    /// </summary>
    public async Task NoteAsync(Guid runId, IReadOnlyList<(BuildId Id, string Definition)> builds, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(builds);
        await using var connection = await target.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync(
            """
            DELETE FROM migration.build b WHERE run_id = $1 AND NOT EXISTS (
                SELECT FROM unnest($2::text[], $3::text[], $4::text[]) w (kind, table_name, name)
                WHERE (w.kind, w.table_name, w.name) = (b.kind, b.table_name, b.name))
            """,
            cancellationToken, runId, Kinds(builds), Tables(builds), Names(builds));
        await connection.ExecuteAsync(
            """
            INSERT INTO migration.build AS b (run_id, kind, table_name, name, definition, ordinal)
            SELECT $1, w.kind, w.table_name, w.name, w.definition, w.place
            FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY w (kind, table_name, name, definition, place)
            ON CONFLICT (run_id, kind, table_name, name) DO UPDATE SET definition = excluded.definition, ordinal = excluded.ordinal
            """,
            cancellationToken, runId, Kinds(builds), Tables(builds), Names(builds), builds.Select(build => build.Definition).ToArray());
        await connection.ExecuteAsync(
            """
            UPDATE migration.build SET state = 'waiting', finished_at = NULL, note = NULL, violations = NULL, samples = '{}'
            WHERE run_id = $1 AND (state IN ('building', 'failed', 'skipped') OR kind IN ('sequence', 'analyze'))
            """,
            cancellationToken, runId);
        await transaction.CommitAsync(cancellationToken);
    }

    public Task BeginAsync(Guid runId, BuildId build, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(build);
        return target.ExecuteAsync(
            $"""
            UPDATE migration.build SET state = 'building', attempts = attempts + 1, started_at = clock_timestamp(),
                finished_at = NULL, note = NULL, violations = NULL, samples = '{"{}"}'
            WHERE {IsBuild}
            """,
            cancellationToken, runId, Word(build.Kind), build.Table, build.Name);
    }

    public Task EndAsync(Guid runId, BuildId build, BuildOutcome outcome, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(build);
        ArgumentNullException.ThrowIfNull(outcome);
        return target.ExecuteAsync(
            $"""
            UPDATE migration.build SET state = $5, finished_at = clock_timestamp(), note = $6::text, violations = $7::bigint, samples = $8
            WHERE {IsBuild}
            """,
            cancellationToken, runId, Word(build.Kind), build.Table, build.Name, outcome.State.ToString().ToLowerInvariant(),
            outcome.Note is null ? null : LedgerText.Storable(outcome.Note), outcome.Violations,
            (outcome.Samples ?? []).Select(LedgerText.Storable).ToArray());
    }

    /// <summary>In the order in which they are begun.</summary>
    public Task<List<BuildRecord>> ListAsync(Guid runId, CancellationToken cancellationToken)
        => target.QueryAsync(
            """
            SELECT kind, table_name, name, definition, state, attempts, started_at,
                   extract(epoch FROM coalesce(finished_at, CASE WHEN state = 'building' THEN clock_timestamp() END) - started_at)::float8,
                   note, violations, samples
            FROM migration.build WHERE run_id = $1 ORDER BY ordinal
            """,
            Read, cancellationToken, runId);

    private static BuildRecord Read(NpgsqlDataReader row) => new(
        new BuildId(Enum.Parse<BuildKind>(row.GetString(0), ignoreCase: true), row.GetString(1), row.GetString(2)), row.GetString(3),
        Enum.Parse<BuildState>(row.GetString(4), ignoreCase: true), row.GetInt32(5), row.Nullable<DateTimeOffset>(6),
        row.Nullable<double>(7), row.Text(8), row.Nullable<long>(9), row.GetFieldValue<string[]>(10));

    private static string[] Kinds(IEnumerable<(BuildId Id, string Definition)> builds) => [.. builds.Select(build => Word(build.Id.Kind))];

    private static string[] Tables(IEnumerable<(BuildId Id, string Definition)> builds) => [.. builds.Select(build => build.Id.Table)];

    private static string[] Names(IEnumerable<(BuildId Id, string Definition)> builds) => [.. builds.Select(build => build.Id.Name)];

    private static string Word(BuildKind kind) => kind == BuildKind.ForeignKey ? "foreignKey" : kind.ToString().ToLowerInvariant();
}
