using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Npgsql;

namespace Migration.Coordinator.Tracking;

/// <summary>A run at this moment; what <c>status NAME --json</c> prints.</summary>
/// <param name="Report">All that <c>report</c> says.</param>
/// <param name="Percent">Of the planned records read, rounded down; 0 before there is a plan.</param>
/// <param name="RecordsPerSecond">Read, since the run's start, pauses included; null when the run is not running.</param>
/// <param name="SecondsLeft">At that pace; null when it is not known.</param>
/// <param name="Workers">Names (host:pid) of those that have a slice in hand.</param>
/// <param name="WorkersWanted">What the run's coordinator follows; null where it does not start and stop workers.</param>
/// <param name="ScalingNote">Why there are fewer; null when nothing is in the way.</param>
internal sealed record RunStatus(
    RunReport Report, int Percent, double? RecordsPerSecond, double? SecondsLeft, IReadOnlyList<string> Workers,
    int? WorkersWanted = null, string? ScalingNote = null)
{
    /// <exception cref="Worker.UserException">There is no ledger, or no run of this name in it.</exception>
    public static async Task<RunStatus> BuildAsync(NpgsqlDataSource target, string name, CancellationToken cancellationToken)
    {
        var run = await new RunFinder(target).FindAsync(name, cancellationToken);
        var report = await RunReport.BuildAsync(target, name, cancellationToken);
        var workers = await new WorkerLedger(target).LiveOwnersAsync(run.Id, Lease(run), cancellationToken);
        var scaling = await new ScalingLedger(target).FindAsync(run.Id, cancellationToken);
        double? rate = report is { State: RunState.Running, Seconds: > 0.001 } ? report.Counts.Read / report.Seconds : null;
        return new RunStatus(
            report, PercentOf(report.Counts.Read, report.Keys, report.Collections.All(c => c.IsPlanned)),
            rate is { } r ? Math.Round(r, 1) : null,
            rate is null ? null : RateMeter.Left(report.Keys - report.Counts.Read, rate)?.TotalSeconds, workers,
            scaling?.Wanted, report.State == RunState.Running ? scaling?.Note : null);
    }

    /// <summary>How old a heartbeat may be in this run.</summary>
    public static TimeSpan Lease(RunRecord run)
        => TimeSpan.FromSeconds(StoredMigrationFile.FromStoredJson(run.File).Worker.LeaseSeconds);

    public static int PercentOf(long read, long keys, bool isPlanned) => isPlanned ? CountsText.Percent(read, keys) : 0;
}

/// <summary>A run in the list of all; what <c>status --json</c> prints one of for each.</summary>
/// <param name="Percent">Of the planned records read, rounded down; 0 before there is a plan.</param>
/// <param name="Keys">Records planned, over all collections.</param>
internal sealed record RunSummary(
    string Run, Guid Id, RunState State, DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt,
    int Percent, long Keys, SliceCounts Counts, long Slices, long SlicesCompleted, long SlicesFailed)
{
    /// <summary>The newest first.</summary>
    /// <exception cref="Worker.UserException">There is no ledger.</exception>
    public static async Task<IReadOnlyList<RunSummary>> ListAsync(NpgsqlDataSource target, CancellationToken cancellationToken)
    {
        var progress = new ProgressLedger(target);
        var summaries = new List<RunSummary>();
        foreach (var run in await new RunFinder(target).ListAsync(cancellationToken))
            summaries.Add(Of(run, await progress.ByCollectionAsync(run.Id, cancellationToken)));
        return summaries;
    }

    private static RunSummary Of(RunRecord run, List<CollectionProgress> collections)
    {
        var counts = collections.Aggregate(default(SliceCounts), (sum, c) => sum + c.Counts);
        var keys = collections.Sum(c => c.Plan.Keys);
        return new RunSummary(
            run.Name, run.Id, run.State, run.CreatedAt, run.StartedAt, run.FinishedAt,
            RunStatus.PercentOf(counts.Read, keys, collections.All(c => c.Plan.IsPlanned)), keys, counts,
            collections.Sum(c => c.Slices.Total), collections.Sum(c => c.Slices.Completed), collections.Sum(c => c.Slices.Failed));
    }
}
