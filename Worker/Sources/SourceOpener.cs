using Migration.Contracts.Migrations;

namespace Migration.Worker.Sources;

/// <summary>Opens a migration file's source, whichever kind it is.</summary>
internal static class SourceOpener
{
    /// <summary>Opens one collection; a compressed dump is unpacked first, which can take as long as reading it.</summary>
    /// <exception cref="SourceException">It cannot be reached, is not there, or its filter cannot be applied.</exception>
    public static async Task<ICollectionSource> OpenAsync(SourceSettings settings, CollectionMapping collection, CancellationToken cancellationToken) =>
        settings.IsServer
            ? await new MongoServer(settings).OpenAsync(collection, cancellationToken)
            : await OpenDumpAsync(settings, collection, cancellationToken);

    /// <summary>Names of all collections, in order.</summary>
    /// <exception cref="SourceException">The source cannot be reached.</exception>
    public static async Task<IReadOnlyList<string>> ListCollectionsAsync(SourceSettings settings, CancellationToken cancellationToken) =>
        settings.IsServer ? await new MongoServer(settings).ListCollectionsAsync(cancellationToken) : new DumpLocator(settings).Collections();

    private static async Task<DumpCollectionSource> OpenDumpAsync(
        SourceSettings settings, CollectionMapping collection, CancellationToken cancellationToken)
    {
        var filter = collection.Filter is { } query ? DocumentFilter.Compile(query, collection.Name) : null;
        var file = new DumpLocator(settings).Find(collection.Name);
        if (!file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
            return new DumpCollectionSource(file, file, filter);
        var unpacked = await UnpackedDumps.Default().UnpackAsync(file, cancellationToken);
        return new DumpCollectionSource(unpacked, file, filter);
    }
}
