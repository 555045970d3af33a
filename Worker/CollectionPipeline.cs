using Migration.Contracts.Migrations;
using Migration.Worker.Enrichment;
using Migration.Worker.Sources;

namespace Migration.Worker;

/// <summary>What the slices of one collection share: where records come from, what they become, where they go.</summary>
internal sealed class CollectionPipeline(CollectionMapping mapping, ICollectionSource source, RowEnrichment? enrichment)
    : CollectionRows(mapping, enrichment), IAsyncDisposable
{
    public ICollectionSource Source { get; } = source;

    /// <param name="enrich">Sets enrichment up; null where rows are only looked at.</param>
    public static async Task<CollectionPipeline> OpenAsync(
        MigrationFile file, string collection, CancellationToken cancellationToken, Func<CollectionMapping, Task<RowEnrichment?>>? enrich = null)
    {
        var mapping = file.Collections.Single(c => c.Name == collection);
        var source = await SourceOpener.OpenAsync(file.Source, mapping, cancellationToken);
        try
        {
            return new CollectionPipeline(mapping, source, enrich is null ? null : await enrich(mapping));
        }
        catch
        {
            await source.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync()
    {
        Enrichment?.Dispose();
        return Source.DisposeAsync();
    }
}
