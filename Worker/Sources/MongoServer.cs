using Migration.Contracts.Migrations;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Migration.Worker.Sources;

/// <summary>A database on a server that speaks MongoDB's protocol. The driver shares connections between all that are opened alike.</summary>
internal sealed class MongoServer
{
    /// <exception cref="SourceException">The URI is none, or it and the settings name no database.</exception>
    public MongoServer(SourceSettings settings)
    {
        var (url, client) = Parse(settings.Uri);
        var name = settings.Database ?? url.DatabaseName
            ?? throw new SourceException("source.uri names no database (mongodb://host/DATABASE); name it there or in source.database");
        Database = new MongoClient(client).GetDatabase(name);
        var user = url.Username is null ? "" : url.Username + "@";
        Description = $"{settings.Uri[..settings.Uri.IndexOf(':', StringComparison.Ordinal)]}://{user}{string.Join(',', url.Servers)}/{name}";
    }

    /// <summary>Scheme, user, hosts and database.</summary>
    public string Description { get; }

    public IMongoDatabase Database { get; }

    /// <exception cref="SourceException">The server cannot be reached or refuses.</exception>
    public async Task<IReadOnlyList<string>> ListCollectionsAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var names = await Database.ListCollectionNamesAsync(cancellationToken: cancellationToken);
            return [.. (await names.ToListAsync(cancellationToken)).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (MongoErrors.IsExpected(e))
        {
            throw MongoErrors.Translate(e, Description, "listing the collections", Database.Client);
        }
    }

    /// <exception cref="SourceException">There is no such collection.</exception>
    public async Task<MongoCollectionSource> OpenAsync(CollectionMapping collection, CancellationToken cancellationToken)
    {
        var filter = collection.Filter is { } query ? DocumentFilter.Parse(query, collection.Name) : null;
        var names = await ListCollectionsAsync(cancellationToken);
        if (names.Count == 0)
            throw new SourceException($"{Description}: the database does not exist or holds no collection that the user may see; source.database names it");
        if (!names.Contains(collection.Name))
            throw new SourceException($"{Description} has no collection '{collection.Name}'" + NearestName.Hint(collection.Name, names));
        return new MongoCollectionSource(
            Database.GetCollection<RawBsonDocument>(collection.Name), filter, $"{Description}.{collection.Name}", TimeProvider.System);
    }

    // The driver's messages about a URI repeat it, password and all, so none of them is passed on.
    private static (MongoUrl Url, MongoClientSettings Settings) Parse(string uri)
    {
        try
        {
            var url = MongoUrl.Create(uri);
            var settings = MongoClientSettings.FromUrl(url);
            settings.ApplicationName ??= "migration";
            return (url, settings);
        }
        catch (Exception e) when (e is MongoConfigurationException or ArgumentException or FormatException)
        {
            throw new SourceException(
                "source.uri is not a connection string that the MongoDB driver understands (mongodb://[user:password@]host[:port]/database[?options]); "
                + "characters such as : / ? # [ ] @ in a user's name or password must be percent-encoded");
        }
        catch (NotSupportedException)
        {
            throw new SourceException("source.uri asks for an authMechanism that the MongoDB driver does not know");
        }
        catch (Exception e) when (e.GetType().Namespace == "DnsClient")
        {
            throw new SourceException("source.uri: the mongodb+srv host cannot be looked up: " + e.Message) { IsTransient = true };
        }
    }
}
