using System.Buffers.Binary;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Coordinator.Inference;
using Migration.Coordinator.Sampling;
using Migration.Worker;
using Migration.Worker.Sources;

namespace Migration.Coordinator.Checking;

/// <summary>
/// Sends a collection's records through the mapping that a run would use, and writes nothing: a sample spread over all
/// keys, or every record, slices side by side.
/// </summary>
internal sealed class DryRun(MigrationFile file, CollectionPipeline pipeline, ReadingProgress progress, ILogger logger)
{
    private const int RecordsPerSlice = 50_000;

    private readonly SourceThrottle _throttle = new(file.Source.MaxRecordsPerSecond, TimeProvider.System);
    private readonly KeyDuplicates? _keys = KeyDuplicates.For(pipeline.Mapping, file.Source.IsServer);
    private readonly KeyDuplicates?[] _childKeys = [.. ChildTable.Of(pipeline.Mapping).Select(KeyDuplicates.For)];
    private readonly bool[] _isFilled = new bool[pipeline.Mapping.Columns.Count];

    /// <param name="sample">Records to try, about; null for all of them.</param>
    public async Task<CollectionPrediction> PredictAsync(int? sample, int sampleForPaths, CancellationToken cancellationToken)
    {
        var tally = new RejectTally(pipeline.Mapping.Name);
        using var profile = new CollectionProfile(pipeline.Mapping.Name);
        var total = await SampleAsync(sample ?? sampleForPaths, sample is null ? null : tally, profile, cancellationToken);
        if (sample is null)
            total = await AllAsync(tally, total, cancellationToken);
        return Predict(tally, total, [.. PathWarnings.Of(pipeline.Mapping, profile, column => _isFilled[column]), .. Warnings(total), .. Changes(tally.Tried)]);
    }

    private CollectionPrediction Predict(RejectTally tally, long total, IReadOnlyList<string> warnings)
    {
        List<PredictedRejects> rejects = [.. tally.Rejects(total), .. _childKeys.Prepend(_keys).Select(keys => keys?.Rejects()).OfType<PredictedRejects>()];
        return new CollectionPrediction(
            pipeline.Mapping.Name, pipeline.Mapping.Table.ToString(), pipeline.Source.Description, total, tally.Tried,
            IsEstimate: tally.Tried < total,
            [.. rejects.OrderByDescending(reject => reject.Records).ThenBy(reject => reject.Cause, StringComparer.Ordinal)],
            file.MaxQuarantinedOf(pipeline.Mapping).Of(total), warnings);
    }

    private IEnumerable<string> Warnings(long total)
    {
        if (total == 0)
            yield return "no record was found; the collection is empty or its filter lets nothing through.";
        if (_childKeys.Prepend(_keys).Any(keys => keys is { IsFull: true }))
            yield return $"the primary key was compared for {KeyDuplicates.MostKeys:N0} records only; the rest may repeat it.";
    }

    private IEnumerable<string> Changes(long tried) => pipeline.Mapper.TakeChanges()
        .Select(change => $"column '{change.Column}' cannot hold {change.Values:N0} values of the {tried:N0} records tried as they are; its onUnfit changes them.");

    private async Task<long> SampleAsync(int wanted, RejectTally? tally, CollectionProfile profile, CancellationToken cancellationToken)
    {
        using var batch = new MappedBatch(pipeline);
        var sample = new SpreadSample(pipeline.Source, wanted, walked: (keys, about) => progress.Walked(pipeline.Mapping.Name, keys, about));
        await foreach (var page in sample.PagesAsync(cancellationToken))
        {
            using (page)
            {
                foreach (var record in page.Records)
                    profile.Add(record);
                if (tally is not null)
                    Try(page, batch, tally);
                _throttle.Charge(page.Records.Count);
            }

            progress.Read(pipeline.Mapping.Name, profile.Seen + profile.Unreadable, Math.Min(wanted, sample.Total));
            await _throttle.WaitAsync(cancellationToken);
        }

        return sample.Total;
    }

    /// <param name="about">Records, as far as is known.</param>
    /// <returns>Records of the collection, as the walk counted them.</returns>
    private async Task<long> AllAsync(RejectTally tally, long about, CancellationToken cancellationToken)
    {
        long total = 0;
        await Parallel.ForEachAsync(
            pipeline.Source.CutAsync(RecordsPerSlice, cancellationToken),
            new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount },
            async (slice, token) =>
            {
                Interlocked.Add(ref total, slice.Limit);
                await TrySliceAsync(slice.Range, tally, about, token);
            });
        return total;
    }

    private async Task TrySliceAsync(KeyRange range, RejectTally tally, long about, CancellationToken cancellationToken)
    {
        using var batch = new MappedBatch(pipeline);
        var retry = TransientRetry.Create($"Reading {pipeline.Mapping.Name}", logger, TimeProvider.System);
        RecordPosition? after = null;
        for (var isFinal = false; !isFinal;)
        {
            await _throttle.WaitAsync(cancellationToken);
            using var page = await retry.ExecuteAsync(
                async token => await pipeline.Source.ReadPageAsync(
                    range, after, _throttle.Most(file.Worker.BatchRecords), BatchSizes.MostKeptBytes(file.Worker), token),
                cancellationToken);
            _throttle.Charge(page.Records.Count);
            Try(page, batch, tally);
            progress.Read(pipeline.Mapping.Name, tally.Tried, about);
            (after, isFinal) = (page.Last, page.IsFinal || page.Records.Count == 0);
        }
    }

    private void Try(SourcePage page, MappedBatch batch, RejectTally tally)
    {
        batch.Clear();
        foreach (var record in page.Records)
        {
            if (batch.TryMap(record) is { } rejection)
                tally.Add(record, rejection);
            else
                Look(batch, record);

            // Looked at one by one: of children, a page may have many times the rows that memory has room for.
            if (batch.Children is not null)
                batch.Clear();
        }

        tally.Count(page.Records.Count);
    }

    private void Look(MappedBatch batch, SourceRecord record)
    {
        var last = batch.Rows.Count - 1;
        if (_keys?.Add(batch.Rows, last, last + 1, record) != true)
            LookAtChildren(batch, last, record);
        var rest = batch.Rows.Row(last).Span[sizeof(short)..];
        for (var column = 0; column < _isFilled.Length; column++)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(rest);
            if (length >= 0)
                _isFilled[column] = true;
            rest = rest[(sizeof(int) + Math.Max(0, length))..];
        }
    }

    /// <summary>A record is refused once, by the first table that has one of its keys already.</summary>
    private void LookAtChildren(MappedBatch batch, int record, SourceRecord source)
    {
        for (var table = 0; table < _childKeys.Length; table++)
        {
            var children = batch.Children!;
            if (_childKeys[table]?.Add(children[table], children.StartOf(table, record), children.StartOf(table, record + 1), source) == true)
                return;
        }
    }
}
