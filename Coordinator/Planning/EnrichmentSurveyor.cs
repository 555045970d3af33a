using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Migration.Contracts.Migrations;
using Migration.Worker;
using Migration.Worker.Enrichment;
using Migration.Worker.Targets;
using Npgsql;

namespace Migration.Coordinator.Planning;

/// <summary>
/// Measures on a few sampled records what steps of enrichment take. A plan changes nothing anywhere, so only steps are tried
/// that send a GET: what a POST, a plugin and a store do is not known here, and the file says how long they take, or nobody.
/// </summary>
internal sealed class EnrichmentSurveyor(MigrationFile file, CollectionMapping mapping)
{
    /// <summary>Calls for a step at most.</summary>
    public const int MostRecords = 12;

    private const int AtATime = 4;

    /// <summary>For a step. Calls that are not answered by then count with what they took.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(15);

    private readonly List<string> _sources = [];
    private readonly List<string> _warnings = [];

    /// <param name="sample">Rows as mapping left them; some of them are tried.</param>
    /// <returns>Null where the collection has no enrichment.</returns>
    public async Task<EnrichmentSurvey?> TakeAsync(RowBuffer sample, CancellationToken cancellationToken)
    {
        if (mapping.Enrichment.Count == 0)
            return null;
        var columns = new EnrichedColumns(mapping);
        var records = Enumerable.Range(0, Math.Min(MostRecords, sample.Count)).Select(row => new EnrichedRecord(columns, sample.Row(row))).ToList();
        var steps = new List<(EnrichmentStep, double?)>();
        var unknown = new HashSet<string>(StringComparer.Ordinal);
        foreach (var step in mapping.Enrichment)
        {
            var (seconds, hasRun) = await SecondsAsync(step, records, unknown, cancellationToken);
            steps.Add((step, seconds));
            if (!hasRun)
                unknown.UnionWith(step.Writes);
        }

        return EnrichmentSurvey.Of(steps, file.Worker.EnrichConcurrency, _sources, _warnings);
    }

    /// <param name="unknown">Columns of which the records do not have the values that a run would give them.</param>
    private async Task<(double? Seconds, bool HasRun)> SecondsAsync(
        EnrichmentStep step, List<EnrichedRecord> records, HashSet<string> unknown, CancellationToken cancellationToken)
    {
        if (step.SecondsPerRecord is { } said)
        {
            _sources.Add(FormattableString.Invariant($"{said} s said for the {step.Kind} step of line {step.Line}"));
            return ((double)said, false);
        }

        // In memory once it is loaded.
        if (step is LookupStep)
            return (0, false);
        if (records.Count == 0)
            return (null, false);
        var reason = step is not HttpStep { Method: "GET" }
            ? "it may change something outside"
            : unknown.Overlaps(step.Reads) ? "it takes columns that another step fills, which was not tried either" : null;
        if (reason is null)
            return await MeasureAsync(step, records, cancellationToken);
        Warn(step, $"was not tried for this plan, for {reason}");
        return (null, false);
    }

    private async Task<(double? Seconds, bool HasRun)> MeasureAsync(EnrichmentStep step, List<EnrichedRecord> records, CancellationToken cancellationToken)
    {
        try
        {
            var times = await TryAsync(step, records, cancellationToken);
            if (records.TrueForAll(record => record.Rejection is not null))
            {
                Warn(step, $"did nothing for any of {records.Count} sampled records: {records[0].Rejection!.Message.TrimEnd('.')}");
                return (null, false);
            }

            records.RemoveAll(record => record.Rejection is not null);
            _sources.Add(FormattableString.Invariant($"the median of {times.Count} calls of the {step.Kind} step of line {step.Line}"));
            return (times[times.Count / 2], true);
        }
        catch (UserException e)
        {
            Warn(step, $"could not be tried: {e.Message.TrimEnd('.')}");
            return (null, false);
        }
    }

    private async Task<List<double>> TryAsync(EnrichmentStep step, List<EnrichedRecord> records, CancellationToken cancellationToken)
    {
        await using var target = NpgsqlDataSource.Create(ConnectionText.ToNpgsql(file.Target.Uri));
        var services = new EnrichmentServices(Guid.Empty, target, Environment.GetEnvironmentVariable, TimeProvider.System, NullLogger.Instance);
        using var work = await StepOpener.OpenAsync(step, file.Worker.EnrichConcurrency, services, cancellationToken);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        end.CancelAfter(Longest);
        var times = new ConcurrentBag<double>();
        try
        {
            await Parallel.ForEachAsync(
                records, new ParallelOptions { CancellationToken = end.Token, MaxDegreeOfParallelism = Math.Min(AtATime, file.Worker.EnrichConcurrency) },
                async (record, token) =>
                {
                    var started = Stopwatch.GetTimestamp();
                    try
                    {
                        await work.EnrichAsync([record], token);
                    }
                    finally
                    {
                        times.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
                    }
                });
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The time is over; those that were under way have it as theirs.
        }

        return [.. times.Order()];
    }

    private void Warn(EnrichmentStep step, string what) => _warnings.Add(FormattableString.Invariant(
        $"{mapping.Name}: the {step.Kind} step of line {step.Line} {what}. Its time is in no figure of this plan; slices are sized as if a record took {EnrichmentSurvey.Assumed:0} s. Say 'secondsPerRecord' in the step to have it counted."));
}
