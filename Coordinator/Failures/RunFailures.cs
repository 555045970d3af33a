using Migration.Contracts.Ledger;
using Npgsql;

namespace Migration.Coordinator.Failures;

/// <summary>What people group failures by.</summary>
internal enum FailureGrouping
{
    Cause,
    Collection,
    Column,
    Slice,
}

/// <summary>What failed in a run and stands there unmended; what <c>failures --json</c> prints.</summary>
/// <param name="Run">Its name.</param>
/// <param name="RecordsInQuarantine">All of them, whatever the groups show.</param>
/// <param name="SlicesGivenUp">All of them.</param>
/// <param name="Records">Groups of quarantined records, the largest first, at most <see cref="MostGroups"/>.</param>
/// <param name="Slices">Groups of slices that gave up, likewise.</param>
/// <param name="Paused">Collections whose slices are not given away.</param>
internal sealed record RunFailures(
    string Run, Guid Id, FailureGrouping By, long RecordsInQuarantine, long SlicesGivenUp, IReadOnlyList<FailureGroup> Records,
    IReadOnlyList<FailureGroup> Slices, IReadOnlyList<PausedCollection> Paused)
{
    /// <summary>Causes that are read from the ledger, and groups that are shown.</summary>
    public const int MostGroups = 100;

    /// <param name="documentLength">Characters of sample documents at most.</param>
    public static async Task<RunFailures> ReadAsync(
        NpgsqlDataSource target, RunRecord run, FailureGrouping by, int documentLength, CancellationToken cancellationToken)
    {
        var ledger = new FailureLedger(target);
        var bySlice = by == FailureGrouping.Slice;
        var (records, slices) = await ledger.CountAsync(run.Id, cancellationToken);
        return new RunFailures(
            run.Name, run.Id, by, records, slices,
            Group(by, [.. (await ledger.RecordsAsync(run.Id, bySlice, MostGroups, documentLength, cancellationToken)).Select(FailureGroup.Of)]),
            Group(by, [.. (await ledger.SlicesAsync(run.Id, bySlice, MostGroups, cancellationToken)).Select(f => FailureGroup.Of(f, bySlice))]),
            await ledger.PausedAsync(run.Id, cancellationToken));
    }

    /// <summary>Causes are what the ledger tells; collections and columns are sums of them.</summary>
    private static List<FailureGroup> Group(FailureGrouping by, List<FailureGroup> causes) => by switch
    {
        FailureGrouping.Collection => Merge(causes, group => group.Collection),
        FailureGrouping.Column => Merge(causes, group => (group.Collection, group.Column)),
        _ => causes,
    };

    private static List<FailureGroup> Merge<TKey>(List<FailureGroup> causes, Func<FailureGroup, TKey> key)
        => [.. causes.GroupBy(key).Select(FailureGroup.Merge).OrderByDescending(group => group.Count)];
}
