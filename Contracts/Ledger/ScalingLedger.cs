using Npgsql;

namespace Migration.Contracts.Ledger;

/// <summary>
/// How many workers a run shall have. Whoever scales writes the number here; the coordinator that drives the run follows
/// it and notes what is in the way.
/// </summary>
public sealed class ScalingLedger(NpgsqlDataSource target)
{
    /// <summary>More workers than this are taken for a slip of the pen.</summary>
    public const int MostWorkers = 10_000;

    /// <summary>
    /// Says where the run's workers are and how many are configured. A configured number that differs from the one before
    /// is what the user said last, and becomes the wanted one; the same number again leaves what 'scale' asked for.
    /// </summary>
    /// <param name="configured">1 to 10,000; null where the coordinator does not start or stop workers.</param>
    /// <returns>How many are wanted; null as <paramref name="configured"/>.</returns>
    public async Task<int?> ConfigureAsync(
        Guid runId, WorkerPlace place, int? configured, CancellationToken cancellationToken)
        => (await target.QueryAsync(
            """
            UPDATE migration.run
            SET worker_place = $2, workers_configured = $3::int, scaling_note = CASE WHEN worker_place = $2 THEN scaling_note END,
                workers_wanted = CASE WHEN workers_configured IS NOT DISTINCT FROM $3::int THEN workers_wanted ELSE $3::int END
            WHERE id = $1 RETURNING workers_wanted
            """,
            row => row.Nullable<int>(0), cancellationToken, runId, Text(place), configured)).SingleOrDefault();

    /// <summary>Asks the run's coordinator for so many workers.</summary>
    /// <param name="workers">0 to 10,000.</param>
    /// <returns>False when the run's workers are not its coordinator's to start and stop.</returns>
    public async Task<bool> WantAsync(Guid runId, int workers, CancellationToken cancellationToken)
        => await target.ExecuteAsync(
            "UPDATE migration.run SET workers_wanted = $2 WHERE id = $1 AND workers_configured IS NOT NULL",
            cancellationToken, runId, workers) == 1;

    /// <param name="note">A sentence for people; null when nothing is in the way.</param>
    public Task NoteAsync(Guid runId, string? note, CancellationToken cancellationToken)
        => target.ExecuteAsync(
            "UPDATE migration.run SET scaling_note = $2::text WHERE id = $1 AND scaling_note IS DISTINCT FROM $2::text",
            cancellationToken, runId, note is null ? null : LedgerText.Storable(note));

    /// <summary>Null when there is no such run.</summary>
    public async Task<ScalingRecord?> FindAsync(Guid runId, CancellationToken cancellationToken)
        => (await target.QueryAsync(
            "SELECT worker_place, workers_configured, workers_wanted, scaling_note FROM migration.run WHERE id = $1",
            row => new ScalingRecord(Place(row.Text(0)), row.Nullable<int>(1), row.Nullable<int>(2), row.Text(3)),
            cancellationToken, runId)).SingleOrDefault();

    private static string Text(WorkerPlace place) => place switch
    {
        WorkerPlace.Local => "local",
        WorkerPlace.InProcess => "in-process",
        WorkerPlace.External => "external",
        _ => "kubernetes",
    };

    private static WorkerPlace? Place(string? text)
        => text is null ? null : Enum.GetValues<WorkerPlace>().Single(place => Text(place) == text);
}

/// <summary>A run's workers as the ledger has them.</summary>
/// <param name="Place">Where its last coordinator had them; null before there was one.</param>
/// <param name="Configured">Null where the coordinator does not start or stop workers.</param>
/// <param name="Wanted">What the coordinator follows.</param>
/// <param name="Note">Why there are fewer than wanted; null when nothing is in the way.</param>
public sealed record ScalingRecord(WorkerPlace? Place, int? Configured, int? Wanted, string? Note);

/// <summary>Where a run's workers are.</summary>
public enum WorkerPlace
{
    /// <summary>Processes on the coordinator's machine.</summary>
    Local,

    /// <summary>In the coordinator's process, without a broker.</summary>
    InProcess,

    /// <summary>Somebody else starts them.</summary>
    External,

    /// <summary>Pods of a Job that the coordinator creates and scales.</summary>
    Kubernetes,
}
