using System.Text.Json.Serialization;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Npgsql;

namespace Migration.Coordinator.Tracking;

/// <summary>A run as it stands in the ledger and whether it adds up; what <c>report --json</c> prints.</summary>
/// <param name="Run">Its name.</param>
/// <param name="Reason">Why the ledger calls it incomplete; else null.</param>
/// <param name="StartedAt">When its first slices were published; null before.</param>
/// <param name="Seconds">From the start to the end, or until now while it runs; by the database's clock, 0 before the start.</param>
/// <param name="IsComplete">Ended, every slice with its outcome, none given up, and all counts add up.</param>
/// <param name="Verdict">The same as a sentence.</param>
/// <param name="Reasons">Why it is not complete, a sentence each; empty when it is.</param>
/// <param name="Counts">Over all collections.</param>
/// <param name="Collections">In the order of the migration file.</param>
/// <param name="Causes">Of quarantine, the most frequent first, at most <see cref="MostCauses"/>.</param>
/// <param name="Troubled">Slices that gave up or read more or fewer records than planned, at most <see cref="MostTroubled"/>.</param>
internal sealed record RunReport(
    string Run, Guid Id, RunState State, string? Reason, DateTimeOffset CreatedAt, DateTimeOffset? StartedAt,
    DateTimeOffset? FinishedAt, double Seconds, bool IsComplete, string Verdict, IReadOnlyList<string> Reasons,
    SliceCounts Counts, IReadOnlyList<CollectionReport> Collections, IReadOnlyList<QuarantineCause> Causes,
    IReadOnlyList<TroubledSlice> Troubled)
{
    public const int MostCauses = 50;
    public const int MostTroubled = 50;

    /// <summary>The run's replays, the oldest first.</summary>
    public IReadOnlyList<ReplayRecord> Replays { get; init; } = [];

    /// <summary>What is built after the load, in the order in which it is begun.</summary>
    public IReadOnlyList<BuildReport> Builds { get; init; } = [];

    /// <summary>Over all collections.</summary>
    public long Keys => Collections.Sum(c => c.Keys);

    /// <summary>Planned slices that gave up or read more or fewer records than planned, all of them.</summary>
    public long TroubledSlices => Collections.Sum(c => c.Slices.Failed + c.Mismatched);

    [JsonIgnore]
    public bool IsUnderWay => State is RunState.Planning or RunState.Running;

    /// <exception cref="Worker.UserException">There is no ledger, or no run of this name in it.</exception>
    public static async Task<RunReport> BuildAsync(NpgsqlDataSource target, string runName, CancellationToken cancellationToken)
    {
        var run = await new RunFinder(target).FindAsync(runName, cancellationToken);
        var progress = new ProgressLedger(target);
        var timing = new TimingLedger(target);
        var collections = await progress.ByCollectionAsync(run.Id, cancellationToken);
        var timings = await timing.ByCollectionAsync(run.Id, cancellationToken);
        var quarantined = await progress.CountQuarantineAsync(run.Id, cancellationToken);
        var until = run.FinishedAt ?? await timing.NowAsync(cancellationToken);
        var troubled = await progress.ListTroubledAsync(run.Id, MostTroubled, cancellationToken);
        var live = StoredMigrationFile.FromStoredJson(run.File).Source.Live;
        var builds = await new BuildLedger(target).ListAsync(run.Id, cancellationToken);
        var reasons = Judge(run, RunVerdict.Of(collections, quarantined, live, builds: builds));
        var counts = collections.Aggregate(default(SliceCounts), (sum, c) => sum + c.Counts);
        return new RunReport(
            run.Name, run.Id, run.State, run.Reason, run.CreatedAt, run.StartedAt, run.FinishedAt,
            run.StartedAt is { } started ? Math.Max(0, (until - started).TotalSeconds) : 0,
            reasons.Count == 0, Sentence(counts, reasons), reasons, counts,
            [.. collections.Select(c => CollectionReport.Of(
                c, timings.GetValueOrDefault(c.Plan.Name), RunVerdict.Of([c], quarantined, live).IsComplete))],
            await progress.CausesAsync(run.Id, MostCauses, cancellationToken),
            [.. troubled.Select(TroubledSlice.Of)])
        {
            Builds = [.. builds.Select(BuildReport.Of)],
            Replays = await new ReplayLedger(target).ListAsync(run.Id, cancellationToken),
        };
    }

    private static IReadOnlyList<string> Judge(RunRecord run, RunVerdict verdict)
        => verdict.IsComplete && run is { State: RunState.Incomplete, Reason: { } reason } ? [reason]
            : verdict.IsComplete && run.State != RunState.Completed
            ? [$"Its slices are done, and its state is '{run.State.ToString().ToLowerInvariant()}': run it again to have it ended."]
            : verdict.Reasons;

    private static string Sentence(SliceCounts counts, IReadOnlyList<string> reasons)
        => reasons.Count > 0
            ? "INCOMPLETE: " + string.Join(' ', reasons)
            : $"Complete: {CountsText.Equation(counts)}; every slice accounted for.";
}

/// <summary>A collection of a <see cref="RunReport"/>.</summary>
/// <param name="IsPlanned">True when its slices stand in the ledger.</param>
/// <param name="Keys">Records that the plan found; 0 before it is planned.</param>
/// <param name="AddsUp">Every planned record has its outcome: read = written + quarantined + skipped, by slices, plan and quarantine alike.</param>
/// <param name="Mismatched">Completed slices that read more or fewer records than planned; no fault on a source that is written to.</param>
/// <param name="Interruptions">Claims of slices beyond each one's first.</param>
/// <param name="Seconds">From the first claim to the last commit, pauses included.</param>
/// <param name="RecordsPerSecond">Read, over that time; null where it is too short to tell.</param>
/// <param name="MaxQuarantined">More records in quarantine pause it; null for any number, and before it is planned.</param>
/// <param name="PausedAt">Null while it is not paused.</param>
/// <param name="PauseReason">Null while it is not paused.</param>
internal sealed record CollectionReport(
    string Name, string Table, bool IsPlanned, long Keys, SliceTally Slices, SliceCounts Counts, bool AddsUp, long Mismatched,
    long Interruptions, double Seconds, double? RecordsPerSecond, long? MaxQuarantined, DateTimeOffset? PausedAt,
    string? PauseReason)
{
    public static CollectionReport Of(CollectionProgress c, CollectionTiming? timing, bool addsUp) => new(
        c.Plan.Name, c.Plan.Table, c.Plan.IsPlanned, c.Plan.Keys, c.Slices, c.Counts, addsUp, c.Mismatched,
        timing?.Interruptions ?? 0, timing?.Seconds ?? 0,
        timing is { Seconds: > 0.001 } && c.Counts.Read > 0 ? Math.Round(c.Counts.Read / timing.Seconds, 1) : null,
        c.MaxQuarantined, c.PausedAt, c.PauseReason);
}

/// <summary>Something that is built after the load.</summary>
/// <param name="Name">Of the index or constraint; a sequence's column; empty for statistics.</param>
/// <param name="Definition">In words.</param>
/// <param name="Seconds">Of the latest attempt, until now while it goes on; null before the first, and for what was there already.</param>
/// <param name="Note">Why it failed or was skipped, or what a sequence was set to; else null.</param>
/// <param name="Violations">Rows that stand in the way of a constraint; else null.</param>
/// <param name="Samples">Keys of some of them.</param>
internal sealed record BuildReport(
    BuildKind Kind, string Table, string Name, string Definition, BuildState State, int Attempts, double? Seconds, string? Note,
    long? Violations, IReadOnlyList<string> Samples)
{
    public static BuildReport Of(BuildRecord build) => new(
        build.Id.Kind, build.Id.Table, build.Id.Name, build.Definition, build.State, build.Attempts, build.Seconds, build.Note,
        build.Violations, build.Samples);
}

/// <summary>A slice that gave up, or read more or fewer records than planned.</summary>
internal sealed record TroubledSlice(
    string Collection, int Slice, SliceState State, long Offset, long Limit, SliceCounts Counts, int Attempts, string? Error)
{
    public static TroubledSlice Of(SliceProgress slice) => new(
        slice.Id.Collection, slice.Id.Number, slice.State, slice.Offset, slice.Limit, slice.Counts, slice.Attempts, slice.Error);
}
