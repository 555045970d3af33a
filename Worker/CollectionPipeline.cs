using Migration.Contracts.Migrations;
using Migration.Worker.Sources;

namespace Migration.Worker;

/// <summary>What the slices of one collection share: where records come from, what they become, where they go.</summary>
internal sealed class CollectionPipeline(CollectionMapping mapping, ICollectionSource source)
    : CollectionRows(mapping), IAsyncDisposable
{
    public ICollectionSource Source { get; } = source;

    public static async Task<CollectionPipeline> OpenAsync(
        MigrationFile file, string collection, CancellationToken cancellationToken)
    {
        var mapping = file.Collections.Single(c => c.Name == collection);
        return new CollectionPipeline(mapping, await SourceOpener.OpenAsync(file.Source, mapping, cancellationToken));
    }

    public ValueTask DisposeAsync() => Source.DisposeAsync();
}
