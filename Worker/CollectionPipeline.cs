using Migration.Contracts.Migrations;
using Migration.Worker.Mapping;
using Migration.Worker.Sources;
using Migration.Worker.Targets;

namespace Migration.Worker;

/// <summary>What the slices of one collection share: where records come from, what they become, where they go.</summary>
internal sealed class CollectionPipeline(CollectionMapping mapping, ICollectionSource source) : IAsyncDisposable
{
    public CollectionMapping Mapping { get; } = mapping;

    public ICollectionSource Source { get; } = source;

    public RecordMapper Mapper { get; } = new(mapping);

    public TableWriter Writer { get; } = new(mapping);

    public static async Task<CollectionPipeline> OpenAsync(
        MigrationFile file, string collection, CancellationToken cancellationToken)
    {
        var mapping = file.Collections.Single(c => c.Name == collection);
        return new CollectionPipeline(mapping, await SourceOpener.OpenAsync(file.Source, mapping, cancellationToken));
    }

    public ValueTask DisposeAsync() => Source.DisposeAsync();
}
