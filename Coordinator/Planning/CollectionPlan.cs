using Migration.Contracts.Migrations;
using Migration.Worker;

namespace Migration.Coordinator.Planning;

/// <summary>What would become of a collection: measured on a sample, reckoned from there.</summary>
/// <param name="Records">An estimate, before the filter.</param>
/// <param name="Filtered">The mapping has a filter, which the estimate does not know.</param>
/// <param name="SampledRecords">That passed the filter; the next three are measured on these.</param>
/// <param name="SecondsPerRecord">Mapping one record, the median; reading, enriching and writing are not in it.</param>
/// <param name="BytesPerRecord">Of BSON, the mean.</param>
/// <param name="RejectedRecords">Of the sample, those that would be quarantined.</param>
/// <param name="RecordsPerSlice">At most.</param>
/// <param name="Slices">About; a slice more for each change of the type of <c>_id</c>.</param>
/// <param name="Warnings">Sentences for the user.</param>
internal sealed record CollectionPlan(
    string Name, string Table, string Source, long Records, bool Filtered, int SampledRecords, double SecondsPerRecord,
    double BytesPerRecord, int RejectedRecords, int RecordsPerSlice, long Slices, IReadOnlyList<string> Warnings)
{
    /// <summary>Null where the collection has none.</summary>
    public EnrichmentSurvey? Enrichment { get; private init; }

    /// <summary>Of one worker with one slice in hand, enrichment left out.</summary>
    public double SecondsOfWork => Records * SecondsPerRecord;

    /// <summary>Of one worker, however many slices it has in hand: they share the records in flight.</summary>
    public double SecondsOfEnrichment => Records * (Enrichment?.SecondsOfWorker ?? 0);

    public double Bytes => Records * BytesPerRecord;

    /// <param name="places">Slices that are worked on at a time, over all workers.</param>
    public static async Task<CollectionPlan> MakeAsync(
        MigrationFile file, CollectionMapping mapping, int places, CancellationToken cancellationToken)
    {
        await using var pipeline = await CollectionPipeline.OpenAsync(file, mapping.Name, cancellationToken);
        var survey = await CollectionSurvey.TakeAsync(pipeline, file, cancellationToken);
        var size = SliceSize.Records(file.Slices, survey.SecondsForSlices, survey.EstimatedRecords, places);
        return new CollectionPlan(
            mapping.Name, mapping.Table.ToString(), pipeline.Source.Description, survey.EstimatedRecords,
            mapping.Filter is not null, survey.SampledRecords, survey.SecondsPerRecord, survey.BytesPerRecord,
            survey.RejectedRecords, size, (survey.EstimatedRecords + size - 1) / size, survey.Warnings)
        {
            Enrichment = survey.Enrichment,
        };
    }
}
