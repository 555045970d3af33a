using System.Diagnostics;
using Migration.Contracts.Migrations;
using Migration.Worker;
using Migration.Worker.Mapping;
using Migration.Worker.Targets;
using MongoDB.Bson;

namespace Migration.Coordinator.Planning;

/// <summary>What a sample of a collection tells before anything is planned.</summary>
/// <param name="EstimatedRecords">Before the filter.</param>
/// <param name="SampledRecords">0 when the collection is empty or the filter lets nothing through.</param>
/// <param name="SecondsPerRecord">Mapping one record, the median over the sample; enriching and writing are not in it.</param>
/// <param name="BytesPerRecord">Of BSON, the mean.</param>
/// <param name="RejectedRecords">Of the sample, those that would be quarantined.</param>
/// <param name="Warnings">Sentences for the user.</param>
internal sealed record CollectionSurvey(
    long EstimatedRecords, int SampledRecords, double SecondsPerRecord, double BytesPerRecord, int RejectedRecords,
    IReadOnlyList<string> Warnings)
{
    private const int SampleSize = 200;

    /// <summary>Null where the collection has none.</summary>
    public EnrichmentSurvey? Enrichment { get; private init; }

    /// <summary>Of a worker for a record, mapping and enriching it: what slices are sized by.</summary>
    public double SecondsForSlices => SecondsPerRecord + (Enrichment?.SecondsForSlices ?? 0);

    public static async Task<CollectionSurvey> TakeAsync(
        CollectionPipeline pipeline, MigrationFile file, CancellationToken cancellationToken)
    {
        var limit = file.MaxQuarantinedOf(pipeline.Mapping);
        var estimate = await pipeline.Source.EstimateCountAsync(cancellationToken);
        var sample = await pipeline.Source.SampleAsync(SampleSize, cancellationToken);
        var warnings = new List<string>();
        if (sample.Count == 0)
            warnings.Add($"{pipeline.Mapping.Name}: no record was found to look at; the collection is empty or its filter lets nothing through.");
        using var rows = new RowBuffer();
        var (seconds, rejections) = Measure(pipeline, sample, rows);
        if (rejections.FirstOrDefault() is { } first)
        {
            warnings.Add(
                $"{pipeline.Mapping.Name}: {rejections.Count} of {sample.Count} sampled records would be quarantined; the first because {first.Message}");
            warnings.AddRange(Pause(pipeline.Mapping.Name, (double)rejections.Count / sample.Count, estimate, limit.Of(estimate)));
        }

        warnings.AddRange(MissingPaths(pipeline, sample));
        var enrichment = await new EnrichmentSurveyor(file, pipeline.Mapping).TakeAsync(rows, cancellationToken);
        warnings.AddRange(enrichment?.Warnings ?? []);
        var bytes = sample.Count == 0 ? 0 : sample.Average(document => document.Length);
        return new CollectionSurvey(estimate, sample.Count, seconds, bytes, rejections.Count, warnings) { Enrichment = enrichment };
    }

    private static IEnumerable<string> Pause(string collection, double share, long records, long most)
    {
        var quarantined = (long)(records * share);
        if (quarantined > most)
        {
            yield return $"{collection}: of all {records:N0} records that would be about {quarantined:N0}, and maxQuarantined allows {most:N0}: "
                + "the collection would pause before its end.";
        }
    }

    private static (double Seconds, List<RecordRejection> Rejections) Measure(
        CollectionPipeline pipeline, IReadOnlyList<ReadOnlyMemory<byte>> sample, RowBuffer rows)
    {
        using var children = pipeline.Mapper.NewChildRows();
        var times = new List<double>(sample.Count);
        var rejections = new List<RecordRejection>();
        foreach (var document in sample)
        {
            var started = Stopwatch.GetTimestamp();
            if (pipeline.Mapper.Map(document.Span, rows, children) is { } rejection)
                rejections.Add(rejection);
            times.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
        }

        times.Sort();
        return (times.Count == 0 ? 0 : times[times.Count / 2], rejections);
    }

    private static IEnumerable<string> MissingPaths(CollectionPipeline pipeline, IReadOnlyList<ReadOnlyMemory<byte>> sample)
    {
        if (sample.Count == 0)
            yield break;
        var documents = sample.Select(document => new RawBsonDocument(document.ToArray())).ToList();
        foreach (var column in pipeline.Mapping.Columns)
        {
            foreach (var path in column.Sources.Where(path => !documents.Any(d => Has(d, path))))
            {
                yield return $"{pipeline.Mapping.Name}: none of {sample.Count} sampled records has '{string.Join('.', path)}', the path of "
                    + $"column '{column.Name}' (line {column.Line} of the migration file); the column would be {(column.Default is null ? "NULL" : "its default")}.";
            }
        }
    }

    private static bool Has(BsonValue value, IEnumerable<string> path)
    {
        foreach (var part in path)
        {
            switch (value)
            {
                case BsonDocument document when document.TryGetValue(part, out var field):
                    value = field;
                    break;
                case BsonArray array when int.TryParse(part, out var index) && index >= 0 && index < array.Count:
                    value = array[index];
                    break;
                default:
                    return false;
            }
        }

        return true;
    }
}
