using Migration.Contracts.Migrations;
using Migration.Worker;
using Migration.Worker.Commands;
using Migration.Worker.Sources;
using MongoDB.Driver;

namespace Migration.Coordinator.Inference;

/// <summary>A source that no migration file names yet.</summary>
internal static class InferenceSource
{
    /// <summary>MongoDB keeps collections of its own under such names.</summary>
    private const string SystemPrefix = "system.";

    /// <summary>The settings, read by the same rules as a migration file's.</summary>
    /// <exception cref="UserException">The URI is none, or no database is named.</exception>
    public static SourceSettings Read(string uri, string? database)
    {
        var stub = "collections: [{ name: x, primaryKey: id, columns: { id: { path: _id, type: text } } }]\n"
            + (database is null ? "" : $"source: {{ database: {YamlScalar.Value(database)} }}\n");
        try
        {
            var source = MigrationFileLoader.LoadText(stub, "inferred.yaml", name => name switch
            {
                Connections.SourceVariable => uri,
                Connections.TargetVariable => "postgres://localhost/inferred",
                _ => null,
            }).Source;
            return source.IsServer && database is null ? source with { Database = NamedIn(uri) } : source;
        }
        catch (MigrationFileException e)
        {
            throw new UserException(string.Join('\n', e.Mistakes.Select(mistake => mistake.Line == 0
                ? $"{Connections.Source.Name} (or {mistake.File}): {mistake.Text}"
                : mistake.Text.Replace("source.database is missing", "--database is missing", StringComparison.Ordinal))));
        }
    }

    /// <summary>Those asked for, or all that the database has.</summary>
    /// <exception cref="UserException">There is none.</exception>
    public static async Task<IReadOnlyList<string>> CollectionsAsync(
        SourceSettings source, IReadOnlyList<string> wanted, CancellationToken cancellationToken)
    {
        if (wanted.Count > 0)
            return [.. wanted.Distinct(StringComparer.Ordinal)];
        var all = await SourceOpener.ListCollectionsAsync(source, cancellationToken);
        var own = all.Where(name => !name.StartsWith(SystemPrefix, StringComparison.Ordinal)).ToList();
        return own.Count > 0
            ? own
            : throw new UserException(
                $"{ConnectionText.Describe(source.Uri)}: no collection is there that this user may see. Name the database with --database.");
    }

    public static Task<ICollectionSource> OpenAsync(SourceSettings source, string collection, CancellationToken cancellationToken)
        => SourceOpener.OpenAsync(
            source,
            new CollectionMapping { Name = collection, Table = new TableName("public", collection), PrimaryKey = ["id"], Columns = [] },
            cancellationToken);

    private static string? NamedIn(string uri)
    {
        try
        {
            return MongoUrl.Create(uri).DatabaseName;
        }
        catch (MongoConfigurationException)
        {
            // Opening it says the same in words without the password.
            return null;
        }
    }
}
