using Migration.Contracts.Ledger;
using Migration.Coordinator.Tracking;
using Npgsql;

namespace Migration.Coordinator.Failures;

/// <summary>What failed in a run and still waits for somebody.</summary>
/// <param name="By">What the groups are made by.</param>
internal sealed record FailureListing(
    RunRecord Run, FailureGrouping By, FailureGroups<QuarantineGroup> Records, FailureGroups<FailedSliceGroup> Slices,
    IReadOnlyList<PausedCollection> Paused)
{
    public bool IsEmpty => Records.Total == 0 && Slices.Total == 0 && Paused.Count == 0;

    /// <param name="name">Null: the only run that there is.</param>
    /// <exception cref="Worker.UserException">There is no ledger or no such run, or no name and not exactly one run.</exception>
    public static async Task<FailureListing> BuildAsync(
        NpgsqlDataSource target, string? name, FailureGrouping by, CancellationToken cancellationToken)
    {
        var run = await new RunFinder(target).FindAsync(name, cancellationToken);
        var failures = new FailureLedger(target);
        return new FailureListing(
            run, by,
            await failures.QuarantineAsync(run.Id, by, cancellationToken),
            await failures.SlicesAsync(run.Id, by, cancellationToken),
            await failures.PausedAsync(run.Id, cancellationToken));
    }
}
